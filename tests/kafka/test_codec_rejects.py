"""Every reason to reject a record."""

import base64
import json

import pytest

from service.events.rejection import Reason, Rejection
from service.events.structured import LARGEST_BYTES, decode_json
from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.records import decode, reject
from tests.kafka.records import EVENT, NOW, PARTITIONS, STRUCTURED, binary, changed, record, structured

VALUE = json.dumps(EVENT).encode()
DATA = json.dumps(EVENT["data"]).encode()
JSON = ("content-type", b"application/json")
HEADERS = binary(EVENT).headers


def having(**data):
    return structured(changed(data={**EVENT["data"], **data}))


def of(type, **data):
    return structured(changed(type=f"complaint.{type}", data=data))


def headers(**changes):
    kept = [(name, value) for name, value in HEADERS if name not in changes]
    return [*kept, *((name, value) for name, value in changes.items() if value is not ...)]


def of_size(size):
    name, content = STRUCTURED
    return record(VALUE.ljust(size - len(b"T-1001") - len(name) - len(content)), [STRUCTURED])


def base64_of(text):
    return base64.b64encode(text).decode()


ID_128, ID_129 = "x" * 128, "x" * 129

REJECTED = {
    "a tombstone": (record(None, [STRUCTURED]), "null_value", None),
    "a tombstone in binary mode": (record(None, HEADERS), "null_value", None),
    "nothing": (record(b""), "not_json", None),
    "nothing in binary mode": (record(b"", HEADERS), "not_json", None),
    "text": (record(b"complaint!", [STRUCTURED]), "not_json", None),
    "random bytes": (record(b"\xff\x00\x80\xfe"), "not_json", None),
    "two values": (record(VALUE + VALUE, [STRUCTURED]), "not_json", None),
    "a byte order mark": (record(b"\xef\xbb\xbf" + VALUE, [STRUCTURED]), "not_json", None),
    "UTF-16": (record(VALUE.decode().encode("utf-16"), [STRUCTURED]), "not_json", None),
    "Latin-1": (record(VALUE.replace(b"C-1", b"\xe9"), [STRUCTURED]), "not_json", None),
    "NaN": (record(DATA.replace(b'"C-1"', b"NaN"), HEADERS), "not_json", None),
    "a number beyond all": (record(DATA.replace(b'"C-1"', b"1e999"), HEADERS), "not_json", None),
    "an integer of 5,000 digits": (record(b'{"x":' + b"1" * 5000 + b"}", HEADERS), "not_json", None),
    "a lone surrogate": (record(DATA.replace(b"C-1", rb"\ud800"), HEADERS), "not_json", None),
    "an encoded surrogate": (record(DATA.replace(b"C-1", b"\xed\xa0\x80"), HEADERS), "not_json", None),
    "brackets without end": (record(b"[" * 100_000, [STRUCTURED]), "not_json", None),
    "65 levels": (record(b'{"x":' + b"[" * 64 + b"]" * 64 + b"}", HEADERS), "not_json", None),
    "XML": (record(b"<a/>", headers(**{"content-type": b"text/xml"})), "not_json", "content-type"),
    "JSON in another encoding": (
        record(DATA, headers(**{"content-type": b"application/json; charset=utf-16"})),
        "not_json",
        "content-type",
    ),
    "a content type that is no text": (
        record(DATA, headers(**{"content-type": b"\xff"})),
        "not_json",
        "content-type",
    ),
    "another format of CloudEvents": (
        record(b"\x00", [("content-type", b"application/cloudevents+avro")]),
        "not_json",
        "content-type",
    ),
    "data of another type": (
        structured(changed(datacontenttype="text/xml", data="<a/>")),
        "not_json",
        "datacontenttype",
    ),
    "a type of data that is no text": (structured(changed(datacontenttype=1)), "not_json", "datacontenttype"),
    "a batch by its type": (
        record(b"[" + VALUE + b"]", [("content-type", b"application/cloudevents-batch+json")]),
        "batch_mode",
        "content-type",
    ),
    "a batch by its value": (structured([EVENT]), "batch_mode", None),
    "an empty batch": (structured([]), "batch_mode", None),
    "a batch that nobody announced": (record(b"[" + VALUE + b"]"), "batch_mode", None),
    "a number": (structured(1), "not_a_cloudevent", None),
    "a string": (structured("complaint.received"), "not_a_cloudevent", None),
    "an array of something else": (record(b"[1]"), "not_a_cloudevent", None),
    "JSON without specversion": (record(b'{"id":"e-1"}'), "not_a_cloudevent", None),
    "JSON without specversion, said to be one": (
        structured(changed(specversion=...)),
        "not_a_cloudevent",
        "specversion",
    ),
    "plain JSON": (record(VALUE, [JSON]), "not_a_cloudevent", "ce_specversion"),
    "an older CloudEvent": (structured(changed(specversion="0.3")), "not_a_cloudevent", "specversion"),
    "specversion as a number": (structured(changed(specversion=1.0)), "not_a_cloudevent", "specversion"),
    "binary mode without specversion": (
        record(DATA, headers(ce_specversion=...)),
        "not_a_cloudevent",
        "ce_specversion",
    ),
    "binary mode with a null specversion": (
        record(DATA, headers(ce_specversion=None)),
        "not_a_cloudevent",
        "ce_specversion",
    ),
    "a type nobody knows": (structured(changed(type="complaint.lost")), "unknown_type", "type"),
    "a type of another topic": (structured(changed(type="channel.opened")), "unknown_type", "type"),
    "a type in capitals": (structured(changed(type="Complaint.Received")), "unknown_type", "type"),
    "no type": (structured(changed(type=...)), "missing_field", "type"),
    "a type that is no text": (structured(changed(type=[])), "bad_field", "type"),
    "no id": (structured(changed(id=...)), "missing_field", "id"),
    "a null id": (structured(changed(id=None)), "missing_field", "id"),
    "a null id in binary mode": (record(DATA, headers(ce_id=None)), "missing_field", "id"),
    "no source": (structured(changed(source=...)), "missing_field", "source"),
    "no subject": (structured(changed(subject=...)), "missing_field", "subject"),
    "no time": (structured(changed(time=...)), "missing_field", "time"),
    "no data": (structured(changed(data=...)), "missing_field", "data.customer_id"),
    "null data": (binary(changed(data=None)), "missing_field", "data.customer_id"),
    "no customer": (structured(changed(data={"channel": "phone"})), "missing_field", "data.customer_id"),
    "a null customer": (having(customer_id=None), "missing_field", "data.customer_id"),
    "no channel": (structured(changed(data={"customer_id": "C-1"})), "missing_field", "data.channel"),
    "a merger into itself": (of("merged", into="T-1001"), "bad_field", "data.into"),
    "no score": (of("satisfaction_submitted"), "missing_field", "data.score"),
    "a void of nothing": (of("voided"), "missing_field", "data.event_id"),
    "an empty id": (structured(changed(id="")), "bad_field", "id"),
    "an id of 129 characters": (structured(changed(id=ID_129)), "bad_field", "id"),
    "an id with a space": (structured(changed(id="e 1")), "bad_field", "id"),
    "an id with a space of another script": (structured(changed(id="e\u30001")), "bad_field", "id"),
    "an id that ends with a line break": (structured(changed(id="e-1\n")), "bad_field", "id"),
    "an id with @": (structured(changed(id="e@1")), "bad_field", "id"),
    "an id with a control character": (structured(changed(id="e\u00001")), "bad_field", "id"),
    "an id with a C1 control character": (structured(changed(id="e\u00801")), "bad_field", "id"),
    "an id that is a number": (structured(changed(id=1)), "bad_field", "id"),
    "an id that is not UTF-8": (record(DATA, headers(ce_id=b"\xff")), "bad_field", "ce_id"),
    "an unfit source": (structured(changed(source="mailto:a@b")), "bad_field", "source"),
    "an unfit subject": (structured(changed(subject="T 1001"), key=b"T 1001"), "bad_field", "subject"),
    "an unfit tenant": (structured(changed(tenant="a@b")), "bad_field", "tenant"),
    "an empty tenant": (structured(changed(tenant="")), "bad_field", "tenant"),
    "an unfit customer": (having(customer_id="Li Lei"), "bad_field", "data.customer_id"),
    "a customer that is a number": (having(customer_id=13_800_000_000), "bad_field", "data.customer_id"),
    "a channel that is a list": (having(channel=["phone"]), "missing_field", "data.channel"),
    "a complexity outside the list": (having(complexity="hard"), "bad_field", "data.complexity"),
    "an empty complexity": (having(complexity=""), "bad_field", "data.complexity"),
    "a responder outside the list": (of("response_started", by="cat"), "bad_field", "data.by"),
    "a complexity outside the list, later": (
        of("reclassified", complexity="hard"),
        "bad_field",
        "data.complexity",
    ),
    "a refused complaint of an unfit customer": (
        of("refused", customer_id="Li Lei"),
        "bad_field",
        "data.customer_id",
    ),
    "a merger into an unfit ticket": (of("merged", into="T 2"), "bad_field", "data.into"),
    "a void of an unfit id": (of("voided", event_id="e 1"), "bad_field", "data.event_id"),
    "a void of an unfit source": (
        of("voided", event_id="e-1", event_source=""),
        "bad_field",
        "data.event_source",
    ),
    "a score of 0": (of("satisfaction_submitted", score=0), "bad_field", "data.score"),
    "a score of 6": (of("satisfaction_submitted", score=6), "bad_field", "data.score"),
    "a score of 10^30": (of("satisfaction_submitted", score=10**30), "bad_field", "data.score"),
    "a score of 4.5": (of("satisfaction_submitted", score=4.5), "bad_field", "data.score"),
    "a score of 4.0": (of("satisfaction_submitted", score=4.0), "bad_field", "data.score"),
    "a score of true": (of("satisfaction_submitted", score=True), "bad_field", "data.score"),
    'a score of "4"': (of("satisfaction_submitted", score="4"), "bad_field", "data.score"),
    "data that are a list": (structured(changed(data=[])), "bad_field", "data"),
    "data that are text": (structured(changed(data=DATA.decode())), "bad_field", "data"),
    "data twice": (structured(changed(data_base64=base64_of(DATA))), "bad_field", "data_base64"),
    "data in bad base64": (structured(changed(data=..., data_base64="%")), "bad_field", "data_base64"),
    "data in base64 that is no text": (
        structured(changed(data=..., data_base64=1)),
        "bad_field",
        "data_base64",
    ),
    "data in base64 beyond ASCII": (
        structured(changed(data=..., data_base64="é")),
        "bad_field",
        "data_base64",
    ),
    "base64 of something else": (
        structured(changed(data=..., data_base64=base64_of(b"<a/>"))),
        "not_json",
        None,
    ),
    "an id twice": (record(DATA, [*HEADERS, ("ce_id", b"e-1")]), "bad_field", "ce_id"),
    "a content type twice": (record(DATA, [*HEADERS, JSON]), "bad_field", "content-type"),
    "an extension twice": (record(DATA, [*HEADERS, ("ce_x", b"1"), ("ce_x", b"1")]), "bad_field", None),
    "a leap second": (structured(changed(time="2026-02-28T23:59:60Z")), "bad_field", "time"),
    "time as a number": (structured(changed(time=NOW)), "bad_field", "time"),
    "time without offset": (structured(changed(time="2026-03-02T09:01:00")), "time_without_offset", "time"),
    "1 ms before 2000": (
        structured(changed(time="1999-12-31T23:59:59.9999Z")),
        "time_out_of_range",
        "time",
    ),
    "24 h and 1 ms ahead": (
        structured(changed(time="2026-03-03T01:01:05.001Z")),
        "time_out_of_range",
        "time",
    ),
    "no key": (record(VALUE, [STRUCTURED], key=None), "key_not_subject", "key"),
    "another key": (structured(EVENT, key=b"T-1002"), "key_not_subject", "key"),
    "another partition": (
        record(VALUE, [STRUCTURED], partition=(murmur2(b"T-1001", PARTITIONS) + 1) % PARTITIONS),
        "wrong_partition",
        "partition",
    ),
    "256 KiB and 1 byte": (of_size(LARGEST_BYTES + 1), "too_large", None),
    "a large header": (record(VALUE, [STRUCTURED, ("x", b"x" * LARGEST_BYTES)]), "too_large", None),
    "a large name of a header": (record(VALUE, [STRUCTURED, ("x" * LARGEST_BYTES, None)]), "too_large", None),
    "a large key": (record(VALUE, [STRUCTURED], key=b"x" * LARGEST_BYTES), "too_large", None),
}


@pytest.mark.parametrize(("rejected", "reason", "field"), REJECTED.values(), ids=REJECTED)
def test_rejects(rejected, reason, field):
    found = decode(rejected, NOW, PARTITIONS, murmur2)

    assert isinstance(found, Rejection)
    assert (found.reason, found.field) == (reason, field)
    assert found.detail


def test_the_table_knows_every_reason():
    told_by_the_partition = {Reason.TOO_MANY_FACTS}

    assert {reason for _, reason, _ in REJECTED.values()} == set(Reason) - told_by_the_partition


ACCEPTED = {
    "an id of 128 characters": structured(changed(id=ID_128)),
    "an id of 128 characters of 4 bytes": structured(changed(id="🙂" * 128)),
    "exactly 256 KiB": of_size(LARGEST_BYTES),
    "the first instant of 2000": structured(changed(time="2000-01-01T00:00:00Z")),
    "exactly 24 h ahead": structured(changed(time="2026-03-03T01:01:05Z")),
    "less than 1 ms more": structured(changed(time="2026-03-03T01:01:05.0009Z")),
    "64 levels": record(DATA[:-1] + b',"x":' + b"[" * 63 + b"]" * 63 + b"}", HEADERS),
    "64 levels and brackets beside them": record(
        DATA[:-1] + b',"x":' + b"[" * 63 + b"]" * 63 + b',"y":[]}', HEADERS
    ),
    "64 levels of data in structured mode": record(
        VALUE.replace(DATA, DATA[:-1] + b',"x":' + b"[" * 63 + b"]" * 63 + b"}"), [STRUCTURED]
    ),
    "brackets in text": having(x="[" * 1000),
    "brackets in text after an escaped quote": having(x='"' + "[" * 1000),
    "brackets side by side": having(x=[[]] * 1000),
    "a score of 1": of("satisfaction_submitted", score=1),
    "a score of 5": of("satisfaction_submitted", score=5),
    "a merger": of("merged", into="T-2"),
    "a refusal without a word": of("refused"),
    "a reclassification of nothing": of("reclassified"),
    "other headers twice": record(DATA, [*HEADERS, ("x", b"1"), ("x", b"\xff")]),
}


@pytest.mark.parametrize("accepted", ACCEPTED.values(), ids=ACCEPTED)
def test_accepts(accepted):
    assert not isinstance(decode(accepted, NOW, PARTITIONS, murmur2), Rejection)


def test_offline_the_future_is_open_but_has_to_be_writable():
    def offline(time):
        return decode_json(json.dumps(changed(time=time)).encode())

    assert not isinstance(offline("8999-12-31T23:59:59.999Z"), Rejection)
    assert offline("9000-01-01T00:00:00Z").reason == "time_out_of_range"
    assert offline("9000-01-01T00:00:00Z").detail == "is before 2000 or after 8999"
    assert offline("1999-12-31T23:59:59.999Z").reason == "time_out_of_range"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (VALUE.ljust(LARGEST_BYTES), None),
        (VALUE.ljust(LARGEST_BYTES + 1), Reason.TOO_LARGE),
        (b"", Reason.NOT_JSON),
        (b"[]", Reason.BATCH_MODE),
        (b"{}", Reason.NOT_A_CLOUDEVENT),
        (DATA, Reason.NOT_A_CLOUDEVENT),
    ],
)
def test_lines_of_a_file_are_rejected_for_the_same_reasons(line, reason):
    found = decode_json(line)

    assert (found.reason if isinstance(found, Rejection) else None) == reason


@pytest.mark.parametrize("rejected", [row[0] for row in REJECTED.values()], ids=REJECTED)
def test_a_rejection_repeats_nothing_of_the_record(rejected):
    found = decode(rejected, NOW, PARTITIONS, murmur2)

    for personal in ("C-1", "T-1001", "Li Lei", "13800000000", "fax", "mailto", "e-1", "ce_x", "hard"):
        assert personal not in str(found)


def test_a_rejected_record_stays_as_it_was_and_says_why_and_whence():
    came = record(b"\xff", [("x", None), ("x", b"\x80"), ("sla_rejected_reason", b"not_json")], key=None)

    key, value, headers = reject(came, Rejection(Reason.BAD_FIELD, "time", "is no date"))

    assert (key, value) == (None, b"\xff")
    assert headers == [
        ("x", None),
        ("x", b"\x80"),
        ("sla_rejected_reason", b"not_json"),
        ("sla_rejected_reason", b"bad_field"),
        ("sla_rejected_field", b"time"),
        ("sla_rejected_detail", b"is no date"),
        ("sla_rejected_topic", b"complaints.lifecycle"),
        ("sla_rejected_partition", str(came.partition).encode()),
        ("sla_rejected_offset", b"7"),
    ]


def test_a_rejection_of_a_whole_record_names_no_field():
    _, _, headers = reject(record(None), Rejection(Reason.NULL_VALUE, None, "the record has no value"))

    assert "sla_rejected_field" not in dict(headers)
