"""Records in of a run that never changes: plain stories, and tickets and desks full of corners.

A seed throws the dice, so the same number gives the same records, byte for byte.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.instant import written
from service.kafka.codec.record import Headers, Record, size_of
from service.policy.directory import read_policies
from service.sla.facts import Fact, Kind, Sign
from service.sla.policy import Policies
from tests.naive.histories import THEMES, WAITING, Seeded, facts_from
from tests.naive.policies import BEGIN, STEP, TENANT, policies_from, waiting_from
from tests.sla.desks import CHOICE, SUPPORT, desk_policy
from tests.sla.stories import MINUTE

SHIPPED = read_policies(Path(__file__).parents[2] / "policies").policies
DESKS = Policies([desk_policy(SUPPORT, CHOICE, since=BEGIN, desks="support billing")])
STRUCTURED, BINARY = b"application/cloudevents+json; charset=UTF-8", b"application/json"


@dataclass(frozen=True)
class Case:
    """Records of one partition of `topic`, and after how many the log is asked, with what instant."""

    topic: str
    policies: Policies
    records: list[Record]
    looks: list[tuple[int, int, int]]  # (records taken, at, now): instants in ms, `at` ascending


def cases(plain: int = 300, corners: int = 300, desks: int = 60) -> Iterator[Case]:
    """About 20,000 events and deadlines."""
    for seed in range(plain):
        yield _case(Seeded(seed), "complaints.lifecycle", SHIPPED, _plain(Seeded(seed)))
    for seed in range(corners):
        dice = Seeded(1_000_000 + seed)
        if dice.between(1, 4) == 4:
            themes, policies = (WAITING,), waiting_from(dice)
        else:
            themes, policies = THEMES, policies_from(dice)
        tickets = [facts_from(dice, themes) for _ in range(6)]
        yield _case(dice, "complaints.lifecycle", policies, _mixed(dice, tickets))
    for seed in range(desks):
        dice = Seeded(2_000_000 + seed)
        yield _case(dice, "support.channels", DESKS, _signs(dice))


def _plain(dice: Seeded) -> list[tuple[str, Fact]]:
    """Eight complaints, answered and solved, most of them in time."""
    found = []
    for ticket in range(8):
        time = BEGIN + dice.between(0, 60) * MINUTE
        data = {
            "customer_id": f"c{ticket}",
            "channel": "phone",
            "complexity": dice.pick(("general", "complex")),
        }
        said = [(Kind.RECEIVED, time, data)]
        for kind in (Kind.RESPONSE_STARTED, Kind.PRELIMINARY_SOLUTION_PROVIDED, Kind.FEEDBACK_DELIVERED):
            time += dice.pick((5, 20, 30, 31, 90, 300)) * MINUTE
            if dice.between(1, 8) < 8:
                said.append((kind, time, {}))
        name = f"p{ticket}"
        found += [
            (name, Fact(at, kind, "/desk", f"{name}-{number}", about, at, 0, 0))
            for number, (kind, at, about) in enumerate(said)
        ]
    return sorted(found, key=lambda one: one[1].time)


def _mixed(dice: Seeded, tickets: list[list[Fact]]) -> list[tuple[str, Fact]]:
    """All of them, each in its own order of arrival."""
    found, left = [], {f"t{number}": list(facts) for number, facts in enumerate(tickets)}
    while left:
        name = dice.pick(sorted(left))
        found.append((name, left[name].pop(0)))
        if not left[name]:
            del left[name]
    return found


def _signs(dice: Seeded) -> list[tuple[str, Fact]]:
    time, found = BEGIN, []
    for number in range(dice.between(10, 40)):
        time += dice.pick((0, 1, 20_000, 60_000, 60_001, 5 * MINUTE, 31 * MINUTE, -30_000))
        kind = dice.pick((Sign.HEARTBEAT, Sign.HEARTBEAT, Sign.OPENED, Sign.CLOSED))
        data: dict[str, str | int] = {"channel": dice.pick(("phone", "chat"))}
        fact = Fact(time, kind, "/pbx", f"s{number}", data, time, 0, 0)
        found.append((dice.pick(("support", "billing", "nobody's")), fact))
    return found


def _case(dice: Seeded, topic: str, policies: Policies, facts: list[tuple[str, Fact]]) -> Case:
    records = [_record(dice, topic, offset, name, fact) for offset, (name, fact) in enumerate(facts)]
    looks, taken, at = [], 0, BEGIN - STEP
    while taken < len(records):
        taken = min(len(records), taken + dice.between(1, 7))
        at = max(at, facts[taken - 1][1].time if dice.between(1, 2) == 1 else at + dice.pick((0, 1, STEP)))
        looks.append((taken, at, at + dice.pick((0, 1, 4_000, 20_000))))
        while dice.between(1, 3) == 3:
            at += dice.pick((1, STEP, STEP + 1, 30 * MINUTE, 30 * MINUTE + 1, 6 * STEP))
            looks.append((taken, at, at + dice.pick((0, 1, 20_000))))
    for later in (STEP, 24 * 6 * STEP, 40 * 24 * 6 * STEP):  # the last forgets
        at += later
        looks.append((taken, at, at))
    return Case(topic, policies, records, looks)


def _record(dice: Seeded, topic: str, offset: int, name: str, fact: Fact) -> Record:
    """Its event, in one of the ways in which it may be written; now and then in one that is refused."""
    kind = Kind(fact.kind) if fact.kind < Sign.HEARTBEAT else Sign(fact.kind)
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": fact.id,
        "source": fact.source,
        "type": f"{'complaint' if isinstance(kind, Kind) else 'channel'}.{kind.word}",
        "subject": name,
        "time": written(fact.time),
        "tenant": TENANT if isinstance(kind, Kind) else "default",
    }
    data: dict[str, Any] = dict(fact.data)
    key: bytes | None = name.encode()
    way = dice.between(1, 40)
    if way == 1:
        data["reason"] = data.get("reason")  # null: as if it were not there
    elif way == 2:
        data["x-unknown"] = ["ü", 1.5, {"deep": None}]
    elif way == 3:
        event["time"] = event["time"].replace("Z", "+08:00") if dice.between(1, 2) == 1 else "yesterday"
    elif way == 4:
        del event[dice.pick(("id", "type", "subject", "time"))]
    elif way == 5:
        key = dice.pick((None, b"another", b"\xff"))
    if way % 3:
        headers: Headers = [("content-type", STRUCTURED), ("traceparent", b"00-0")]
        value: bytes | None = json.dumps(event | {"data": data}).encode()
    else:
        said = [(f"ce_{attribute}", text.encode()) for attribute, text in event.items()]
        headers, value = [("content-type", BINARY), *said], json.dumps(data).encode()
    if way == 6:
        value = dice.pick((None, b"", b"{", b"[]", b'{"specversion": 1}', b"[" * 70))
    elif way == 7:
        headers = []
    return Record(topic, 0, offset, fact.recorded_at, key, value, headers, size_of(key, value, headers))
