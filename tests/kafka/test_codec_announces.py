"""Announcements as records: what the contract lists, in every case."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from aiokafka import TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.catalog import EXAMPLES, MODELS, file_name, json_schema
from schemas.sla import SLA_EVENT, Verdict
from service.kafka.codec.records import encode, progress, source_of
from service.sla.announcement import Announcement, Type
from service.sla.facts import Fact, Kind
from service.sla.grounds import ATTRIBUTES
from service.sla.judge import LevelState
from service.sla.policy import Policy

SOURCE = source_of("billing")
TRACEPARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
POLICY = Policy(id="letter-1", version=1, sha256="9f", effective_from=0, title={}, match=(), clocks=())
START, MINUTE = 1_772_413_260_250, 60_000  # 2026-03-02T01:01:00.250Z
RECEIVED = Fact(START, Kind.RECEIVED, "/desk", "e-1", {"customer_id": "C-1"}, START + 662, 3, 41)
BREACHED = Announcement(
    type=Type.BREACHED,
    breach_id="5f2f5e0e-6f43-5d2c-8c1a-0c6a3c0f8a11",
    epoch=START + 700,
    revision=2,
    state=LevelState.BREACHED,
    tenant="acme",
    ticket_id="票-1001",
    customer_id="C-1",
    cycle=1,
    clock="response",
    level="minor",
    rank=1,
    supersedes=None,
    clause="2.3.2",
    policy=POLICY,
    zone="Asia/Shanghai",
    attributes=("phone", "general", None, "billing", None, "north", None),
    started_at=START,
    due_at=START + 30 * MINUTE,
    stopped_at=None,
    paused_for=0,
    elapsed_for=None,
    overrun_for=None,
    detected_at=START + 30 * MINUTE + 1018,
    late_detection=False,
    reason=None,
    cause=None,
    evidence=(RECEIVED,),
)
SCHEMAS = {name: Draft202012Validator(json.loads(json_schema(name))) for name in MODELS}


def change(announcement, **changes):
    return msgspec.structs.replace(announcement, **changes)


def as_structured(announcement):
    """The event as a reader of structured mode would have it; matches the model and the JSON Schema."""
    key, value, headers = encode(announcement, SOURCE)
    names = [name for name, _ in headers]
    assert len(names) == len(set(names))
    attributes = {name[3:]: text.decode() for name, text in headers if name.startswith("ce_")}
    event = {**attributes, "data": json.loads(value)}
    assert key.decode() == event["subject"]
    SLA_EVENT.validate_python(event)
    SCHEMAS[event["type"]].validate(event)
    return event


def test_a_breach_in_full():
    key, value, headers = encode(BREACHED, SOURCE, TRACEPARENT)

    assert key == "票-1001".encode()
    assert dict(headers) == {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_id": b"5f2f5e0e-6f43-5d2c-8c1a-0c6a3c0f8a11:1772413260950:2",
        "ce_source": b"/sla-timer/billing",
        "ce_type": b"sla.breached",
        "ce_subject": "票-1001".encode(),
        "ce_tenant": b"acme",
        "ce_time": b"2026-03-02T01:31:00.250Z",
        "ce_traceparent": TRACEPARENT,
    }
    assert value.decode() == (
        '{"breach_id":"5f2f5e0e-6f43-5d2c-8c1a-0c6a3c0f8a11","epoch":1772413260950,"revision":2,'
        '"state":"breached","tenant":"acme",'
        '"ticket_id":"票-1001","customer_id":"C-1","cycle":1,"clock":"response","level":"minor",'
        '"rank":1,"supersedes":null,"clause":"2.3.2",'
        '"policy":{"id":"letter-1","version":1,"sha256":"9f","agreement":"default"},"zone":"Asia/Shanghai",'
        '"attributes":{"channel":"phone","complexity":"general","priority":null,"category":"billing",'
        '"service":null,"region":"north","team":null},'
        '"started_at":"2026-03-02T01:01:00.250Z","due_at":"2026-03-02T01:31:00.250Z","stopped_at":null,'
        '"paused_seconds":0,"elapsed_seconds":null,"overrun_seconds":null,'
        '"detected_at":"2026-03-02T01:31:01.268Z","late_detection":false,"reason":null,"cause":null,'
        '"evidence":[{"source":"/desk","event_id":"e-1","type":"complaint.received",'
        '"time":"2026-03-02T01:01:00.250Z","recorded_at":"2026-03-02T01:01:00.912Z","partition":3,"offset":41}]}'
    )


OF_VERDICTS = sorted(EXAMPLES / file_name(name) for name in Type)


@pytest.mark.parametrize("path", OF_VERDICTS, ids=lambda path: path.stem)
def test_the_fields_are_those_of_the_examples_in_their_order(path):
    example = json.loads(path.read_text(encoding="utf-8"))["data"]
    said = json.loads(encode(change(BREACHED, cause=RECEIVED), SOURCE)[1])

    assert list(said) == list(example) == list(Verdict.model_fields)
    assert list(said["evidence"][0]) == list(example["evidence"][0])
    assert list(said["policy"]) == list(example["policy"])
    assert list(said["attributes"]) == list(example["attributes"]) == list(ATTRIBUTES)
    assert list(said["cause"]) == ["source", "event_id"]


SECONDS = {
    0: "0",
    1: "0.001",
    999: "0.999",
    1000: "1",
    1001: "1.001",
    1_800_250: "1800.25",
    10**13: "10000000000",
}


@pytest.mark.parametrize(("length", "number"), SECONDS.items())
def test_lengths_are_seconds_to_the_millisecond(length, number):
    assert f'"overrun_seconds":{number},'.encode() in encode(change(BREACHED, overrun_for=length), SOURCE)[1]


@pytest.mark.parametrize(
    ("known", "time"),
    [
        ({}, "2026-03-02T01:31:00.250Z"),
        ({"stopped_at": START}, "2026-03-02T01:31:00.250Z"),
        ({"due_at": 0}, "1970-01-01T00:00:00.000Z"),
        ({"due_at": None, "stopped_at": START}, "2026-03-02T01:01:00.250Z"),
        ({"due_at": None}, "2026-03-02T01:31:01.268Z"),
        ({"due_at": None, "detected_at": None}, None),
    ],
)
def test_the_time_of_the_event_is_the_due_instant_or_what_comes_closest(known, time):
    assert as_structured(change(BREACHED, **known)).get("time") == time


def test_evidence_from_a_file_has_no_place_in_a_log():
    fact = change(RECEIVED, recorded_at=0, partition=-1, offset=-1)
    evidence = as_structured(change(BREACHED, evidence=(fact,)))["data"]["evidence"][0]

    assert (evidence["recorded_at"], evidence["partition"], evidence["offset"]) == (None, None, None)


instants = st.integers(0, int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000))
lengths = st.none() | st.integers(0, 10**13)
ids = st.from_regex(r"\A[!-?A-~一-龥]{1,128}\Z")
uuids = st.uuids().map(str)
facts = st.builds(
    Fact,
    time=instants,
    kind=st.sampled_from(Kind),
    source=ids,
    id=ids,
    data=st.just({}),
    recorded_at=instants,
    partition=st.integers(-1, 99),
    offset=st.integers(0, 2**62),
)


@st.composite
def announcements(draw):
    said = draw(st.sampled_from(Type))
    whole = said in (Type.MET, Type.CANCELLED) or (said is Type.CORRECTED and draw(st.booleans()))
    return draw(
        st.builds(
            Announcement,
            type=st.just(said),
            breach_id=uuids,
            epoch=instants,
            revision=st.integers(1, 2**31),
            state=st.sampled_from(LevelState),
            tenant=ids,
            ticket_id=ids,
            customer_id=st.none() | ids,
            cycle=st.integers(1, 1000),
            clock=st.text(),
            level=st.none() if whole else st.text(),
            rank=st.none() | st.integers(1, 99),
            supersedes=st.none() | uuids,
            clause=st.none() | st.text(),
            policy=st.none() | st.just(POLICY),
            zone=st.none() | st.sampled_from(["Asia/Shanghai", "+08:00"]),
            attributes=st.none() | st.tuples(*[st.none() | st.text()] * len(ATTRIBUTES)),
            started_at=st.none() | instants,
            due_at=st.none() | instants,
            stopped_at=st.none() | instants,
            paused_for=lengths,
            elapsed_for=lengths,
            overrun_for=lengths,
            detected_at=st.none() | instants,
            late_detection=st.booleans(),
            reason=st.none() | st.text(),
            cause=st.none() | facts,
            evidence=st.lists(facts, max_size=3).map(tuple),
        )
    )


@given(announcements())
@settings(max_examples=150)
def test_every_announcement_matches_the_published_model_and_schema(announcement):
    event = as_structured(announcement)

    assert event["id"] == f"{announcement.breach_id}:{announcement.epoch}:{announcement.revision}"
    assert event["data"]["ticket_id"] == event["subject"] == announcement.ticket_id
    assert len(event["data"]["evidence"]) == len(announcement.evidence)


def test_every_type_out_has_a_published_name():
    said = {*Type, "sla.progress"}
    assert {file_name(name) for name in said} == {path.name for path in EXAMPLES.glob("sla.*")}


def test_progress_says_which_part_of_which_input_is_complete_and_until_when():
    value, headers = progress(SOURCE, TopicPartition("complaints.lifecycle", 3), 12, START)

    assert dict(headers) == {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_source": b"/sla-timer/billing",
        "ce_id": b"complaints.lifecycle-3:1772413260250",
        "ce_type": b"sla.progress",
        "ce_subject": b"complaints.lifecycle-3",
        "ce_time": b"2026-03-02T01:01:00.250Z",
    }
    assert value.decode() == (
        '{"source_topic":"complaints.lifecycle","source_partition":3,"source_partitions":12,'
        '"complete_until":"2026-03-02T01:01:00.250Z"}'
    )
    event = {name[3:]: text.decode() for name, text in headers if name.startswith("ce_")}
    event["data"] = json.loads(value)
    SLA_EVENT.validate_python(event)
    SCHEMAS["sla.progress"].validate(event)
