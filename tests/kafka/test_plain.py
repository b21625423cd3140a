"""The short way to a fact says what the long one says, or nothing."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import workload
from schemas.catalog import EXAMPLES
from service.events.fact import CHANNELS, COMPLAINTS, fact_of
from service.events.plain import plain
from service.events.rejection import RejectedError
from service.kafka.codec.cloudevents import event_of, plain_of
from tests.kafka.records import EVENT, NOW, STRUCTURED, binary, changed, record, structured
from tests.kafka.test_cloudevents import SAME
from tests.kafka.test_codec_law import headers, near_events
from tests.kafka.test_codec_rejects import ACCEPTED, REJECTED

ALL = COMPLAINTS | CHANNELS
GOLDEN = [
    json.loads(path.read_text(encoding="utf-8"))
    for path in sorted([*EXAMPLES.glob("complaint.*"), *EXAMPLES.glob("channel.*")])
]
VALUE, DATA = json.dumps(EVENT).encode(), json.dumps(EVENT["data"]).encode()


def long_way(record, now=NOW, kinds=ALL):
    try:
        return fact_of(event_of(record), now, NOW, record.partition, record.offset, kinds)
    except RejectedError:
        return None


def agree(record, now=NOW, kinds=ALL):
    """True when the short way says nothing, or what the long one says, byte by byte as it is stored."""
    short = plain_of(record, now, NOW, kinds)
    if short is None:
        return True
    assert short == long_way(record, now, kinds)
    assert msgspec.msgpack.encode(short) == msgspec.msgpack.encode(long_way(record, now, kinds))
    return True


def is_plain(record):
    return plain_of(record, NOW, NOW, ALL) is not None and agree(record)


PLAIN = {
    **{f"{event['type']}, structured": structured(event) for event in GOLDEN},
    **{f"{event['type']}, binary": binary(event) for event in GOLDEN},
    "data that may be absent": structured(changed(type="complaint.closed", data=...)),
    "data that may be null": structured(changed(type="complaint.closed", data=None)),
    "null fields": structured(changed(data=EVENT["data"] | {"complexity": None, "priority": None})),
    "no tenant": structured(changed(tenant=...)),
    "no tenant in binary mode": binary(changed(tenant=...)),
    "another script": structured(changed(id="工单-1", data=EVENT["data"] | {"customer_id": "客户-1"})),
    "the longest id": structured(changed(id="工" * 128)),
    "the longest id in binary mode": binary(changed(id="工" * 128)),
    "any traceparent": structured(changed(traceparent="no")),
    "escapes": record(VALUE.replace(b"T-1001", rb"T\u002d1001"), [STRUCTURED]),
    "microseconds": structured(changed(time="2026-03-02T01:01:00.250999Z")),
    "other headers": record(VALUE, [STRUCTURED, ("traceparent", b"\xff")]),
    "other headers in binary mode": record(DATA, [*binary(EVENT).headers, ("ce_traceparent", b"\xff")]),
    "a type that comes last": structured(dict(reversed(EVENT.items()))),
}


@pytest.mark.parametrize("record", PLAIN.values(), ids=PLAIN)
def test_takes(record):
    assert is_plain(record)


def raw(old, new):
    """The event in structured mode, its JSON changed."""
    assert old in VALUE
    return record(VALUE.replace(old, new), [STRUCTURED])


NOT_PLAIN = {
    "an unknown field that is not UTF-8": raw(b'"tenant": "acme"', b'"note": "\xff"'),
    "an unknown number beyond all": raw(b'"tenant": "acme"', b'"note": 1e999'),
    "an unknown field of data that is not UTF-8": raw(b'"phone"', b'"phone", "note": "\xff"'),
    "data twice, the first not UTF-8": raw(b'"data": ', b'"data": "\xff", "data": '),
    "data twice, the first of another kind": raw(b'"data": ', b'"data": [], "data": '),
    "two types": raw(b'"type": ', b'"type": "complaint.closed", "type": '),
    "brackets without end before the type": record(b'{"data":' + b"[" * 100_000, [STRUCTURED]),
    "a code with a space, to be dropped": structured(changed(data=EVENT["data"] | {"priority": "p 1"})),
    "a code of 129 characters, to be dropped": structured(
        changed(data=EVENT["data"] | {"priority": "p" * 129})
    ),
    "data in base64": SAME["structured, in base64"],
    "a null tenant": structured(changed(tenant=None)),
    "a header without a value": record(VALUE, [STRUCTURED, ("x", None)]),
    "a header twice": record(VALUE, [STRUCTURED, ("x", b""), ("x", b"")]),
    "an attribute that begins with a space": record(
        DATA, [(name, b" " * (name == "ce_id") + said) for name, said in binary(EVENT).headers]
    ),
}


@pytest.mark.parametrize("record", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_leaves(record):
    assert plain_of(record, NOW, NOW, ALL) is None


def test_leaves_a_type_that_is_not_of_this_topic():
    opened = next(event for event in GOLDEN if event["type"] == "channel.opened")
    for came in structured(opened), binary(opened):
        assert plain_of(came, NOW, NOW, CHANNELS)
        assert plain_of(came, NOW, NOW, COMPLAINTS) is None


@pytest.mark.parametrize("rejected", [row[0] for row in REJECTED.values()], ids=REJECTED)
def test_leaves_whatever_is_not_an_event(rejected):
    assert agree(rejected, kinds=COMPLAINTS)


@pytest.mark.parametrize("accepted", [*SAME.values(), *ACCEPTED.values()], ids=[*SAME, *ACCEPTED])
def test_agrees_on_every_event_of_the_tables(accepted):
    assert agree(accepted, kinds=COMPLAINTS)


def test_what_is_measured_goes_the_short_way():
    for event in workload.events(20):
        key, line = event.ticket.encode(), workload.structured(event)
        value, headers = workload.binary(event)
        assert is_plain(record(line, workload.HEADERS_STRUCTURED, key))
        assert is_plain(record(value, headers, key))
        assert plain(line, None, kinds=ALL) is not None


characters = st.characters(codec=None, exclude_categories=[])
names = (
    st.text(characters, max_size=6)
    | st.text("aé工~", min_size=1, max_size=6)
    | st.sampled_from(["", "\u3000", "\x7f", "\x85", "\xa0", "\u200b", "\ud800", "🙂", "@", " ", "e-1\n"])
    | st.builds(lambda one, many: one * many, characters, st.integers(126, 130))
)
times = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["2026-03-02", "2026-02-29", "1999-12-31", "2000-01-01", "2026-03-03", "0001-01-01"]),
    st.sampled_from(["T01:01:05", "t23:59:59", "T23:59:60", "T24:00:00", " 01:01:05", "T01:01", "T00:00:00"]),
    st.sampled_from(["", ".", ",5", ".2٥"]) | st.from_regex(r"\A\.[0-9]{1,9}\Z"),
    st.sampled_from(["Z", "z", "", "+08:00", "-00:00", "+24:00", "+0800", "-23:59", "Z\n", " ", "+08:00:30"]),
)
numbers = st.sampled_from(
    [b"0", b"1", b"5", b"6", b"-0", b"4.0", b"4e0", b"1e999", b"1" * 30, b"1" * 5000, b"NaN", b"04", b"true"]
)
WORDS = [
    "1.0",
    "complaint.closed",
    "channel.opened",
    "application/json",
    "text/xml",
    "general",
    "phone",
    "agent",
]
texts = st.one_of(
    names.map(lambda name: json.dumps(name).encode()),
    names.map(lambda name: json.dumps(name, ensure_ascii=False).encode(errors="surrogatepass")),
    times.map(lambda time: json.dumps(time).encode()),
    numbers,
    st.sampled_from(
        [b"null", b"{}", b"[]", b'""', b'"\xff"', b'"\\x"', b"[" * 70 + b"]" * 70, b"[" * 70, b""]
    ),
    st.sampled_from(WORDS).map(lambda word: json.dumps(word).encode()),
)
FIELDS = sorted({field for event in GOLDEN for field in event["data"]})
ATTRIBUTES = [*EVENT, "traceparent", "data_base64", "dataschema", "Id"]


def some(choice):
    """One of them, or none."""
    return st.lists(st.sampled_from([*choice]), max_size=1) if choice else st.just([])


def members(draw, known, others):
    """Names and values of a JSON object, as text: what is known with something changed, in any order."""
    found = [(name, json.dumps(value).encode()) for name, value in known.items()]
    for name in draw(some(known)):
        found = [row for row in found if row[0] != name or draw(st.booleans())] + [(name, draw(texts))]
    for name in draw(some(others)):
        found.append((name, draw(texts)))
    for lost in draw(some(found)):
        found.remove(lost)
    return draw(st.permutations(found)) if draw(st.booleans()) else found


def written(rows):
    return b"{" + b", ".join(json.dumps(name).encode() + b": " + text for name, text in rows) + b"}"


@st.composite
def near_lines(draw):
    """Structured mode, byte by byte."""
    event = draw(st.sampled_from(GOLDEN))
    data = written(members(draw, event["data"], [*FIELDS, "note"]))
    rows = members(draw, event, ATTRIBUTES)
    return written([(name, data if name == "data" and text[:1] == b"{" else text) for name, text in rows])


@st.composite
def near_parts(draw):
    """Binary mode: value and headers."""
    event = draw(st.sampled_from(GOLDEN))
    rows = [*binary(event).headers]
    values = st.binary(max_size=3) | (names | times).map(lambda text: text.encode(errors="surrogatepass"))
    names_ = st.sampled_from([name for name, _ in rows] + ["ce_x", "x"])
    for name, said in draw(st.lists(st.tuples(names_, values | st.none()), max_size=2)):
        rows = [row for row in rows if row[0] != name or draw(st.booleans())] + [(name, said)]
    return written(members(draw, event["data"], [*FIELDS, "note"])), rows


@given(near_lines(), st.sampled_from([NOW, None]))
@settings(max_examples=1500)
def test_agrees_on_whatever_is_nearly_an_event(line, now):
    assert agree(record(line, [STRUCTURED]), now)


@given(near_parts(), st.sampled_from([NOW, None]))
@settings(max_examples=1500)
def test_agrees_on_whatever_is_nearly_an_event_in_binary_mode(parts, now):
    assert agree(record(*parts), now)


@given(near_events() | st.sampled_from(GOLDEN), headers)
@settings(max_examples=300)
def test_agrees_whatever_the_headers(event, more):
    assert agree(record(json.dumps(event).encode(), [STRUCTURED, *more]))
    assert agree(record(json.dumps(event).encode(), more))
