"""CloudEvents 1.0 over Kafka: both modes say the same."""

import base64
import json

import pytest
from msgspec.structs import replace

from schemas.catalog import EXAMPLES
from schemas.instant import written
from service.events.rejection import Rejection
from service.events.structured import decode_json
from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.records import LAST_MS, decode
from service.sla.facts import Fact, Kind
from tests.kafka.records import EVENT, NOW, PARTITIONS, STRUCTURED, binary, changed, record, structured

VALUE = json.dumps(EVENT).encode()
DATA = json.dumps(EVENT["data"]).encode()
ATTRIBUTES = [header for header in binary(EVENT).headers if header[0] != "content-type"]
FACT = Fact(
    time=1_772_413_260_250,
    kind=Kind.RECEIVED,
    source="/desk",
    id="e-1",
    data={"customer_id": "C-1", "channel": "phone"},
    recorded_at=NOW,
    partition=murmur2(b"T-1001", PARTITIONS),
    offset=7,
)


def decoded(record):
    return decode(record, NOW, PARTITIONS, murmur2)


SAME = {
    "structured": structured(EVENT),
    "structured, in capitals": record(
        VALUE, [("content-type", b"Application/CloudEvents+JSON;Charset=UTF-8")]
    ),
    "structured, the short name": record(VALUE, [("content-type", b"application/cloudevents")]),
    "structured, nobody says so": record(VALUE),
    "structured, an empty content type": record(VALUE, [("content-type", b"")]),
    "structured, a null content type": record(VALUE, [("content-type", None)]),
    "structured, other headers beside it": record(
        VALUE, [STRUCTURED, ("ce_id", b"other"), ("\u00fc", b"\xff")]
    ),
    "structured, without a type of data": structured(changed(datacontenttype=...)),
    "structured, another type of JSON": structured(changed(datacontenttype="application/vnd.desk+json")),
    "structured, in base64": structured(changed(data=..., data_base64=base64.b64encode(DATA).decode())),
    "structured, with extensions": structured(changed(dataschema="x y", sequence=3, traceparent="no")),
    "binary": binary(EVENT),
    "binary, without content type": record(DATA, ATTRIBUTES),
    "binary, text/json": record(DATA, [("content-type", b'text/json; charset="utf-8"'), *ATTRIBUTES]),
    "binary, with unreadable extensions": record(DATA, [*ATTRIBUTES, ("ce_x", b"\xff"), ("ce_y", None)]),
    "a field that stands twice, the last one counts": record(
        DATA.replace(b'"channel"', b'"channel": "fax", "channel"'), ATTRIBUTES
    ),
    "unknown fields": structured(changed(data={**EVENT["data"], "name": "Li Lei", "note": {"a": [1]}})),
    "nulls": structured(changed(data={**EVENT["data"], "complexity": None, "priority": None})),
}


@pytest.mark.parametrize("record", SAME.values(), ids=SAME)
def test_says_the_same(record):
    assert decoded(record) == ("T-1001@acme", FACT)


@pytest.mark.parametrize("tenant", [..., None, "default"])
def test_without_a_tenant_it_is_the_default_one(tenant):
    assert decoded(structured(changed(tenant=tenant)))[0] == "T-1001@default"


def test_without_a_tenant_it_is_the_default_one_in_binary_mode_too():
    assert decoded(binary(changed(tenant=...)))[0] == "T-1001@default"
    assert (
        decoded(record(DATA, [*binary(changed(tenant=...)).headers, ("ce_tenant", None)]))[0]
        == "T-1001@default"
    )


@pytest.mark.parametrize(
    ("timestamp", "recorded_at"),
    [
        *[(-(2**63), 0), (-1, 0), (0, 0), (1, 1)],
        *[(LAST_MS - 1, LAST_MS - 1), (LAST_MS, LAST_MS), (LAST_MS + 1, LAST_MS), (2**63 - 1, LAST_MS)],
    ],
)
def test_whatever_a_producer_writes_as_the_time_of_its_record_it_is_a_date(timestamp, recorded_at):
    _, fact = decoded(replace(structured(EVENT), timestamp=timestamp))
    assert fact.recorded_at == recorded_at
    assert written(fact.recorded_at)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("complaint.*")), ids=lambda path: path.stem)
def test_every_type_in_both_modes_and_from_a_file(path):
    event = json.loads(path.read_text(encoding="utf-8"))

    key, fact = decoded(structured(event))

    assert (key, fact) == decoded(binary(event))
    assert key == "T-1001@acme"
    assert fact.data == event["data"]
    assert f"complaint.{Kind(fact.kind).word}" == event["type"]
    offline_key, offline = decode_json(path.read_bytes())
    assert offline_key == key
    assert (offline.time, offline.kind, offline.data) == (fact.time, fact.kind, fact.data)
    assert (offline.recorded_at, offline.partition, offline.offset) == (0, -1, -1)


@pytest.mark.parametrize("data", [..., None, {}])
@pytest.mark.parametrize("mode", [structured, binary])
def test_data_may_be_absent_where_no_field_is_required(mode, data):
    _, fact = decoded(mode(changed(type="complaint.closed", data=data)))

    assert fact.data == {}


UNFIT = ["", "x" * 65, "a sentence of words", "a@b", "nul\0", "\u2028", 4.5, True, ["p1"], {"p": 1}]


@pytest.mark.parametrize("unfit", UNFIT)
@pytest.mark.parametrize(
    ("type", "field"),
    [
        *(("received", field) for field in ("priority", "category", "service", "region")),
        *(("refused", field) for field in ("priority", "category", "service", "region", "reason")),
        *(("reclassified", field) for field in ("priority", "category", "service", "region")),
        *((name, "reason") for name in ("withdrawn", "resumed", "paused")),
        *(("reassigned", field) for field in ("team", "agent_id")),
        ("resolved", "resolution_code"),
        ("response_started", "agent_id"),
    ],
)
def test_an_optional_code_that_does_not_fit_is_dropped(type, field, unfit):
    needed = EVENT["data"] if type == "received" else {}

    _, fact = decoded(structured(changed(type=f"complaint.{type}", data={**needed, field: unfit})))

    assert fact.data == needed


def test_no_default_is_added():
    assert decoded(structured(changed(type="complaint.response_started", data={})))[1].data == {}
    assert "complexity" not in decoded(structured(EVENT))[1].data


def test_the_partitioner_is_the_one_asked_for():
    def crc32_of_librdkafka(key, partitions):
        assert (key, partitions) == (b"T-1001", PARTITIONS)
        return 5

    assert not isinstance(decode(record(VALUE, partition=5), NOW, PARTITIONS, crc32_of_librdkafka), Rejection)
    found = decode(record(VALUE, partition=4), NOW, PARTITIONS, crc32_of_librdkafka)
    assert found.reason == "wrong_partition"


def test_whom_the_partition_knows_belongs_there():
    elsewhere = record(VALUE, partition=(murmur2(b"T-1001", PARTITIONS) + 1) % PARTITIONS)

    assert decode(elsewhere, NOW, PARTITIONS, murmur2).reason == "wrong_partition"
    assert not isinstance(
        decode(elsewhere, NOW, PARTITIONS, murmur2, {"T-1001@acme"}.__contains__), Rejection
    )
