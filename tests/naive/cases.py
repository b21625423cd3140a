"""Named histories in JSON files, whole CloudEvents or our short form, and the rows they must give."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from service.sla.calendar.calendar import ALWAYS
from service.sla.facts import Fact, Kind
from service.sla.policy import Clock, Level, Match, Policies, Policy

THE_END = 10**15  # ms: after every deadline of every case
UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000}


@dataclass(frozen=True)
class Case:
    """One history and what the clocks must say of it at `at` (ms)."""

    name: str
    why: str
    policies: Policies
    facts: tuple[Fact, ...]
    at: int
    expected: tuple[dict[str, Any], ...]  # rows with instants in ms


def instant(text: str) -> int:
    """RFC 3339 to ms since the epoch, cut to the millisecond."""
    when = datetime.fromisoformat(text)
    return int(when.replace(microsecond=0).timestamp()) * 1000 + when.microsecond // 1000


def duration(text: str) -> int:
    """`1h30m` to ms."""
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([smh])", text))


def fact(event: dict[str, Any], offset: int) -> Fact:
    """A structured CloudEvent as a fact; log time and place are made up."""
    data = {key: value for key, value in event.get("data", {}).items() if value is not None}
    kind = Kind[event["type"].removeprefix("complaint.").upper()]
    return Fact(
        instant(event["time"]), kind, event["source"], event["id"], data, instant(event["time"]), 0, offset
    )


def short_fact(event: list[Any], day: str, offset: int) -> Fact:
    """[time, kind, data, identity]: `["09:30", "paused", {"reason": "customer"}, {"id": "x"}]`."""
    time, kind, data, names = [*event, {}, {}][:4]
    name = names.get("id", f"e{offset}")
    return Fact(
        clock_time(day, time), Kind[kind.upper()], names.get("source", "/desk"), name, data, 0, 0, offset
    )


def clock_time(day: str, time: str) -> int:
    """`09:30`, `09:30:00.001` or `08 23:00` (another day of that month) on a day, UTC, in ms."""
    if " " in time:
        other, time = time.split(" ")
        day = f"{day[:8]}{other}"
    return instant(f"{day}T{time}+00:00")


def match(read: dict[str, Any]) -> Match:
    return tuple(
        (key, frozenset([value] if isinstance(value, str) else value)) for key, value in read.items()
    )


def levels(read: list[dict[str, str]]) -> tuple[Level, ...]:
    targets = {row["level"]: duration(row["after"]) for row in read if "%" not in row["after"]}
    smallest = min((after for name, after in targets.items() if not name.startswith("warning")), default=0)
    return tuple(
        Level(row["level"], targets.get(row["level"], smallest * int(row["after"].rstrip("smh%")) // 100))
        for row in read
    )


def clock(name: str, read: dict[str, Any]) -> Clock:
    pause = read.get("pause", False)
    return Clock(
        name=name,
        clause=read.get("clause"),
        start=Kind[read["start"].upper()],
        stop=frozenset(Kind[kind.upper()] for kind in read["stop"]),
        when=match(read.get("when", {})),
        pauses=pause if isinstance(pause, bool) else frozenset(pause),
        levels=levels(read["levels"]),
        calendar=ALWAYS,
    )


def policy(read: dict[str, Any]) -> Policy:
    """A policy from its parsed file, good files only."""
    stalled = read.get("stalled_after")
    return Policy(
        id=read["policy"],
        version=read["version"],
        sha256="0" * 64,
        effective_from=instant(read["effective_from"]),
        title=read.get("title", {}),
        match=match(read.get("match", {})),
        clocks=tuple(clock(name, rest) for name, rest in read["clocks"].items()),
        stalled_after_ms=duration(stalled) if stalled else None,
    )


CONFORMANCE = Path(__file__).parents[1] / "conformance" / "histories.json"


def conformance() -> list[Case]:
    """Histories full of corners, whole CloudEvents under one policy, judged at the end of time."""
    read = json.loads(CONFORMANCE.read_text(encoding="utf-8"))
    policies = Policies([policy(read["policy"])])
    return [
        Case(
            one["id"],
            "",
            policies,
            tuple(fact(event, offset) for offset, event in enumerate(one["events"])),
            THE_END,
            tuple(
                row | {key: row[key] and instant(row[key]) for key in ("started_at", "due_at", "stopped_at")}
                for row in one["expected"]
            ),
        )
        for one in read["cases"]
    ]


def own(path: Path) -> list[Case]:
    """The cases of one of our own files; the README beside them says how they are written."""
    read = json.loads(path.read_text())
    return [own_case(read, one) for one in read["cases"]]


def own_case(read: dict[str, Any], one: dict[str, Any]) -> Case:
    day = read["day"]
    known = {name: policy(rest) for name, rest in read["policies"].items()}

    def row(text: str) -> dict[str, Any]:
        cycle, name, level, started, due, stopped, state = text.split(" | ")
        times = [None if time == "-" else clock_time(day, time) for time in (started, due, stopped)]
        return {
            "cycle": int(cycle),
            "clock": name,
            "level": level,
            **dict(zip(("started_at", "due_at", "stopped_at"), times, strict=True)),
            "state": state,
        }

    return Case(
        one["name"],
        one["why"],
        Policies([known[name] for name in one.get("policies", list(known))]),
        tuple(short_fact(event, day, offset) for offset, event in enumerate(one["events"])),
        clock_time(day, one["at"]) if "at" in one else THE_END,
        tuple(row(text) for text in one["expected"]),
    )
