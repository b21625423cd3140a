"""Whatever comes in, it is a fact that can be stored or a rejection, and never an error."""

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalog import EXAMPLES
from service.events.reduced import reduced
from service.events.rejection import Rejection
from service.events.structured import decode_json
from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.records import decode, reject
from tests.kafka.records import NOW, PARTITIONS, STRUCTURED, binary, record, structured

GOLDEN = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.glob("complaint.*"))]
FIELDS = sorted({field for event in GOLDEN for field in event["data"]})

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(st.characters(codec=None, exclude_categories=[]))
    | st.sampled_from(
        ["general", "phone", "agent", "", "x" * 128, "x" * 129, "T-1001", "2026-03-02T01:00:00Z"]
    )
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4
)
near_data = st.dictionaries(st.sampled_from([*FIELDS, "name"]), anything)


@st.composite
def near_events(draw):
    """A golden example, with some of its attributes and data changed, left out or new."""
    event = dict(draw(st.sampled_from(GOLDEN)))
    event["data"] = draw(
        st.just(event["data"]) | near_data.map(lambda more: {**event["data"], **more}) | anything
    )
    names = st.sampled_from([*event, "data_base64", "traceparent"])
    event.update(draw(st.dictionaries(names, anything, max_size=2)))
    for name in draw(st.lists(st.sampled_from(list(event)), max_size=1)):
        event.pop(name, None)
    return event


headers = st.lists(
    st.tuples(
        st.sampled_from(
            [*(f"ce_{name}" for name in GOLDEN[0] if name != "data"), "content-type", "ce_x", "x"]
        ),
        st.none()
        | st.binary(max_size=20)
        | st.sampled_from([b"1.0", b"application/json", STRUCTURED[1], b"complaint.closed", b"T-1001"]),
    ),
    max_size=10,
)


def is_stored_or_put_aside(found):
    """True for a rejection, or for a fact that keeps every promise of `Fact`."""
    if isinstance(found, Rejection):
        str(found).encode()
        return True
    key, fact = found
    key.encode()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(fact), type=type(fact)) == fact
    assert all(type(value) in (str, int) for value in fact.data.values())
    assert all(len(value) in range(1, 129) for value in fact.data.values() if isinstance(value, str))
    assert key.count("@") == 1
    return True


@given(st.none() | st.binary(), headers, st.none() | st.binary(max_size=20))
@settings(max_examples=500)
def test_any_bytes(value, headers, key):
    came = record(value, headers, key)
    found = decode(came, NOW, PARTITIONS, murmur2)

    assert is_stored_or_put_aside(found)
    if isinstance(found, Rejection):
        same_key, same_value, more = reject(came, found)
        assert (same_key, same_value, more[: len(headers)]) == (key, value, headers)


@given(st.binary() | st.text(alphabet='{}[]":,\\ud80 1eE.-N').map(str.encode))
@settings(max_examples=500)
def test_any_line_of_a_file(line):
    assert is_stored_or_put_aside(decode_json(line))


@given(near_events())
@settings(max_examples=400)
def test_any_event_that_is_nearly_right(event):
    assert is_stored_or_put_aside(decode(structured(event), NOW, PARTITIONS, murmur2))
    assert is_stored_or_put_aside(decode_json(json.dumps(event).encode(), NOW))


@given(st.sampled_from(GOLDEN), st.dictionaries(st.sampled_from(FIELDS), anything))
@settings(max_examples=200)
def test_both_modes_give_the_same(event, more):
    event = {**event, "data": {**event["data"], **more}}

    assert decode(structured(event), NOW, PARTITIONS, murmur2) == decode(
        binary(event), NOW, PARTITIONS, murmur2
    )


@given(st.sampled_from(GOLDEN), st.data())
def test_a_cut_event_is_rejected(event, data):
    text = json.dumps(event).encode()
    cut = data.draw(st.integers(0, len(text) - 1))

    assert isinstance(decode_json(text[:cut]), Rejection)


@given(near_events())
def test_what_is_sent_of_an_event_is_the_same_event_and_nothing_else(event) -> None:
    found = decode_json(json.dumps(event).encode(), NOW)
    if not isinstance(found, Rejection):
        sent = reduced(*found)
        assert decode_json(sent, NOW) == found
        assert json.loads(sent)["data"].keys() <= set(FIELDS)
