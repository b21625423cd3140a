"""A case of other help desks' test suites as our policy file, calendar file and facts."""

import json
from itertools import count
from typing import Any

from schemas.instant import milliseconds, read
from service.policy.calendar_file import read_calendar
from service.policy.policy_file import read_policy
from service.sla.calendar.calendar import Calendar
from service.sla.facts import Fact, Kind
from service.sla.judge import END_OF_TIME, Judgement, judge
from service.sla.policy import Policies

Case = dict[str, Any]


def instant(text: str) -> int:
    return milliseconds(read(text))


def calendar_of(case: Case) -> Calendar:
    said = {
        "calendar": "desk",
        "timezone": case["timezone"],
        "week": case["week"],
        "holidays": case["holidays"],
    }
    return read_calendar("desk.yaml", json.dumps(said).encode(), "desk").calendar


def policies_of(case: Case) -> Policies:
    said = {
        "calendar": "desk",
        "timezone": case["timezone"],
        "week": case["week"],
        "holidays": case["holidays"],
    }
    clock = {
        "start": case.get("start", "received"),
        "stop": [case["stop"]],
        "pause": str(case["pause"]).lower(),
        "levels": [{"level": level, "after": after} for level, after in case["levels"].items()],
    }
    policy = {
        "policy": "theirs",
        "version": "1",
        "effective_from": min((time for time, _ in case["facts"]), default="2010-01-01T00:00:00Z"),
        "calendar": "desk",
        "clocks": {"clock": clock},
    }
    calendars = {"desk": read_calendar("desk.yaml", json.dumps(said).encode(), "desk")}
    return Policies([read_policy("theirs.yaml", json.dumps(policy).encode(), calendars).policy])


def facts_of(case: Case) -> list[Fact]:
    numbers = count(1)
    facts = []
    for time, word in case["facts"]:
        number, kind = next(numbers), Kind[word.upper()]
        data = {"customer_id": "c-1", "channel": "phone"} if kind == Kind.RECEIVED else {}
        facts.append(Fact(instant(time), kind, "/desk", f"e-{number}", data, instant(time), 0, number))
    return facts


def judged(case: Case) -> Judgement:
    at = instant(case["at"]) if "at" in case else END_OF_TIME
    return judge(facts_of(case), policies_of(case), "default", at)
