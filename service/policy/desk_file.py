"""The fields of a policy for support desks only: the desks, and how many channels must be open."""

import re
from collections.abc import Mapping

from service.policy.levels import read_levels
from service.sla.calendar.calendar import Calendar
from service.sla.facts import Kind
from service.sla.policy import Clock
from service.strict_yaml.place import Place

DESK_POLICY = (
    "policy",
    "version",
    "effective_from",
    "title",
    "match",
    "calendar",
    "desks",
    "heartbeat_timeout",
    "clocks",
)
DESK_CLOCK = ("clause", "min_open", "levels", "calendar")


def read_desks(place: Place) -> frozenset[str]:
    """Return the desk ids in a list that must not be empty."""
    return frozenset(desk.name() for desk in place.one_or_more())


def read_desk_clock(name: str, given: Mapping[str, Place], calendar: Calendar) -> Clock:
    """Return the clock with these fields. It runs while fewer than `min_open` channels are open."""
    return Clock(
        name=name,
        clause=given["clause"].text() if "clause" in given else None,
        start=Kind.RECEIVED,
        stop=frozenset(),
        when=(),
        pauses=False,
        levels=read_levels(given["levels"], calendar, pauses=False) if "levels" in given else (),
        calendar=calendar,
        min_open=given["min_open"].read(_min_open, 1) if "min_open" in given else 1,
    )


def _min_open(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]?", text):
        raise ValueError("must be a whole number from 1 to 99")
    return int(text)
