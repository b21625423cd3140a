"""The largest records there can be fit into the topics that `topics ensure` makes."""

from pathlib import Path

import msgspec
import pytest
from aiokafka import TopicPartition

from schemas.topics import BREACHES, CLOCKS, DESKS, TICKETS, Topic
from service.kafka.codec.records import encode, source_of
from service.kafka.exactly_once.transaction import Outgoing
from service.policy.directory import read_policies
from service.sla import state
from service.sla.announcement import Announcement, Type
from service.sla.cause import Because
from service.sla.changes import About, Change, announcement
from service.sla.desks.channel import OpenSpan
from service.sla.desks.desk import MOST_CHANNELS, MOST_SPANS, Desk
from service.sla.facts import Fact, Kind, Sign
from service.sla.grounds import ATTRIBUTES
from service.sla.history import MOST_FACTS
from service.sla.judge import judge
from service.sla.state import Header, Ticket
from service.sla.statement import statements

LONGEST = 128  # characters of an identifier, or of a code
LAST = 253_402_300_799_999  # ms
HEADER = Header(2**62, LAST, LAST, 2**63)
TOLD_BYTES = 2**20  # left for what a full ticket or desk remembers to have told
POLICY = """
policy: p
version: 1
effective_from: 2000-01-01T00:00:00Z
title: {en: P}
clocks:
  resolution:
    start: received
    stop: [resolved]
    pause: true
    levels: [{level: minor, after: 1s}]
"""


def wide(number: int) -> str:
    """An identifier that takes as many bytes as one can: four for each character."""
    return "\U00020000" * (LONGEST - 6) + f"{number:06d}"


def fact(kind: Kind | Sign, number: int, time: int, **data: str) -> Fact:
    return Fact(time, int(kind), wide(number), wide(number), dict(data), LAST, 9_999, 2**62)


def full_ticket() -> bytes:
    """Receipts have the most to say; all but one are evidence only."""
    said = {name: wide(1) for name in ("customer_id", "priority", "category", "service", "region")}
    told = {"channel": "online", "complexity": "complex"} | said
    facts = [fact(Kind.RECEIVED, number, LAST - number, **told) for number in range(MOST_FACTS)]
    return state.encode(Ticket(facts, [], LAST), HEADER)


def full_desk() -> bytes:
    """Every channel has as many runs of signs as it may; a run is kept as its first and its last."""
    each = MOST_SPANS // MOST_CHANNELS
    channels = {
        wide(channel): [
            OpenSpan(
                *(fact(Sign.HEARTBEAT, number, LAST - number, channel=wide(channel)) for number in (0, 1))
            )
            for _ in range(each)
        ]
        for channel in range(MOST_CHANNELS)
    }
    return state.encode(Desk(channels, [], LAST, {}, LAST), HEADER)


def fullest(directory: Path, number: int, type_: Type) -> Announcement:
    """Of a clock that was stopped after `number` - 2 facts that paused and resumed it."""
    (directory / "p.yaml").write_text(POLICY, encoding="utf-8")
    policies, begin = read_policies(directory).policies, 1_767_225_600_000
    facts = [fact(Kind.RECEIVED, 0, begin, customer_id=wide(0), channel="online")]
    facts += [
        fact(Kind.PAUSED if count % 2 else Kind.RESUMED, count, begin + 10 * count)
        for count in range(1, number - 1)
    ]
    facts.append(fact(Kind.RESOLVED, number, begin + 10**8))
    at = begin + 2 * 10**8
    (statement,) = statements(judge(facts, policies, wide(0), at), at)
    taken_back = msgspec.structs.replace(statement, type=type_)
    told = tuple([wide(0)] * len(ATTRIBUTES))
    change = Change(taken_back, 10**6, told, Because("reclassified", facts[-1]))
    return announcement(About(wide(0), wide(1), LAST), change, at, 0)


def size(said: Announcement) -> int:
    key, value, headers = encode(said, source_of(wide(0)), b"0" * 55)
    return Outgoing(TopicPartition("", 0), key, value, headers).size


def test_the_state_of_a_full_ticket_fits() -> None:
    assert 3_500_000 < len(full_ticket()) < int(TICKETS.config["max.message.bytes"]) - TOLD_BYTES


def test_the_state_of_a_full_desk_fits() -> None:
    assert 12_000_000 < len(full_desk()) < int(DESKS.config["max.message.bytes"]) - TOLD_BYTES


@pytest.mark.parametrize(("topic", "type_"), [(BREACHES, Type.BREACH_RETRACTED), (CLOCKS, Type.CORRECTED)])
def test_an_announcement_with_all_facts_of_a_ticket_as_evidence_fits(
    tmp_path: Path, topic: Topic, type_: Type
) -> None:
    said = fullest(tmp_path, MOST_FACTS, type_)
    assert len(said.evidence) == MOST_FACTS
    assert 1_048_588 < size(said) < int(topic.config["max.message.bytes"])
