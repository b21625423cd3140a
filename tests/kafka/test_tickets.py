"""What a topic of ours holds is read, or said to be unreadable, with its place and nothing of its content."""

import re
from typing import Any

import msgspec
import pytest

from service.errors import RefusalError
from service.kafka.codec.record import Record, size_of
from service.kafka.codec.unreadable import UnreadableRecordError
from service.kafka.topics.breaches import event_out
from service.kafka.topics.tickets import KeptTicket, opened
from service.sla import state
from service.sla.facts import Fact
from service.sla.state import Header, Ticket
from service.sla.told import Announced

HEADER = Header(reflects=7, at=1_780_000_000_000, wake_at=1_780_000_060_000)
FACT = Fact(1_780_000_000_000, 0, "/desk", "e1", {"customer_id": "secret"}, 1_780_000_000_001, 0, 7)
TOLD = Announced(1, "response", "minor", 1, 0, 1_780_000_060_000, 0)


def value(facts: list[Fact] | None = None, told: list[Announced] | None = None) -> bytes:
    return state.encode(Ticket([FACT] if facts is None else facts, told or []), HEADER)


def _telling_unknown_attributes() -> bytes:
    ticket = Ticket([FACT], [msgspec.structs.replace(TOLD, attributes=0)], attributes=[(None,) * 7])
    ticket.attributes = []
    return state.encode(ticket, HEADER)


def fact(**other: Any) -> list[Fact]:
    return [msgspec.structs.replace(FACT, **other)]


def kept(key: str, content: bytes) -> KeptTicket:
    return KeptTicket(key, content, 3, 42)


def test_a_state_says_whose_it_is_and_what_is_known() -> None:
    found = opened("sla.tickets", kept("T1@acme", value(told=[TOLD])))
    assert (found.tenant, found.ticket_id, found.header) == ("acme", "T1", HEADER)
    assert (found.ticket.facts, found.ticket.announced) == ([FACT], [TOLD])


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        ("T1@def", b"", "its value is no state of a ticket"),
        ("T1@def", b"\x01", "its value is no state of a ticket"),
        ("T1@def", value()[:49], "its value is no state of a ticket"),
        ("T1@def", value()[:-1], "its value is no state of a ticket"),
        ("T1@def", value() + b"\x01", "its value is no state of a ticket"),
        ("T1@def", value()[:49] + b"\xc1", "its value is no state of a ticket"),
        ("T1@def", value()[:49] + b"\x92\x01\x02", "its value is no state of a ticket"),
        (
            "T1@def",
            b"\x03" + value()[1:],
            "the changelog holds state of version 3, this one reads up to 2: run the newer",
        ),
        ("T1", value(), "its key is no ticket@tenant"),
        ("@def", value(), "its key is no ticket@tenant"),
        ("", value(), "its key is no ticket@tenant"),
        ("T1@def", value(fact(kind=17)), "a fact is of a kind that this version does not know"),
        ("T1@def", value(fact(kind=100)), "a fact is of a kind that this version does not know"),
        ("T1@def", value(fact(time=253_402_300_800_000)), "a fact has an instant outside of 1970 to 9999"),
        ("T1@def", value(fact(time=-1)), "a fact has an instant outside of 1970 to 9999"),
        ("T1@def", value(fact(recorded_at=1 << 60)), "a fact has an instant outside of 1970 to 9999"),
        (
            "T1@def",
            value(told=[msgspec.structs.replace(TOLD, type_index=7)]),
            "its value is no state of a ticket",
        ),
        (
            "T1@def",
            value(told=[msgspec.structs.replace(TOLD, type_index=-1)]),
            "its value is no state of a ticket",
        ),
        ("T1@def", _telling_unknown_attributes(), "its value is no state of a ticket"),
    ],
)
def test_what_is_no_state_names_its_place_key_and_reason(key: str, content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableRecordError) as refused:
        opened("sla.tickets", kept(key, content))
    assert str(refused.value).startswith(f"topic sla.tickets, partition 3, offset 42, key {key}: {reason}; ")
    assert "secret" not in str(refused.value)
    error = refused.value
    assert (error.topic, error.partition, error.offset, error.key) == ("sla.tickets", 3, 42, key.encode())
    assert error.reason == reason


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (None, "no key"),
        (b"T1@def", "key T1@def"),
        (b"\xff\x00", "key 0xff00"),
        ("T\u202e\n1@def".encode(), "key T<U+202E><U+000A>1@def"),
        (b"\xff" * 65, f"key 0x{'ff' * 64}…"),
    ],
)
def test_its_key_is_shown_so_that_it_steers_nothing(key: bytes | None, shown: str) -> None:
    refusal = UnreadableRecordError("t", 0, 1, key, "is wrong")
    assert isinstance(refusal, RefusalError)  # a command says it in one line and ends with 2
    assert str(refusal).startswith(f"topic t, partition 0, offset 1, {shown}: is wrong; see the runbook")


SAID = {
    "breach_id": "b",
    "revision": 1,
    "tenant": "default",
    "ticket_id": "T1",
    "customer_id": None,
    "cycle": 1,
    "clock": "response",
    "level": "minor",
    "due_at": "2026-03-02T01:00:00.000Z",
    "detected_at": None,
    "reason": None,
    "cause": None,
    "policy": {"id": "vip", "version": 1},
}


def announcement(said: object, type_: bytes = b"sla.breached") -> Record:
    value, headers = msgspec.json.encode(said), (("ce_type", type_),)
    return Record("sla.breaches", 0, 5, 0, b"T1", value, headers, size_of(b"T1", value, headers))


def test_an_event_out_is_given_as_it_is() -> None:
    assert event_out(announcement(SAID | {"more": 1})) == ("sla.breached", SAID | {"more": 1})


@pytest.mark.parametrize(
    "record",
    [
        announcement(SAID, b"other"),
        announcement([]),
        announcement({}),
        *(announcement({name: value for name, value in SAID.items() if name != missing}) for missing in SAID),
        announcement(SAID | {"revision": "1"}),
        announcement(SAID | {"cycle": 1.5}),
        announcement(SAID | {"due_at": "noon"}),
        announcement(SAID | {"detected_at": "2026-02-30T00:00:00.000Z"}),
        announcement(SAID | {"policy": {"id": "vip"}}),
        announcement(SAID | {"cause": {"source": "/desk"}}),
    ],
)
def test_what_is_no_event_out_names_its_place(record: Record) -> None:
    with pytest.raises(
        UnreadableRecordError,
        match=re.escape("topic sla.breaches, partition 0, offset 5, key T1: not written by"),
    ):
        event_out(record)
