"""Words for telling a ticket's story in a test: promises, facts and instants of one working day."""

from itertools import count

from service.sla.calendar.calendar import ALWAYS
from service.sla.facts import Fact, Kind
from service.sla.policy import Clock, Level, Match, PausesThatCount, Policies, Policy

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
DAY = 24 * HOUR
MIDNIGHT = 1_772_409_600_000  # 2026-03-02T00:00:00Z

_numbers = count(1)


def at(time: str) -> int:
    """`09:30`, `09:30:01` or `09:30:01.500` of the day, in ms since the epoch."""
    hours, minutes, *seconds = time.split(":")
    return (
        MIDNIGHT
        + int(hours) * HOUR
        + int(minutes) * MINUTE
        + round(float(seconds[0] if seconds else 0) * SECOND)
    )


def fact(word: str, time: str | int, id: str | None = None, source: str = "/desk", **data: str | int) -> Fact:
    """One event; `time` as in `at`, or ms."""
    number = next(_numbers)
    instant = at(time) if isinstance(time, str) else time
    kind = Kind[word.upper()]
    if kind == Kind.RECEIVED:
        data = {"customer_id": "c-1", "channel": "phone"} | data
    return Fact(instant, kind, source, id or f"e-{number}", data, instant, 0, number)


def clock(
    name: str,
    start: str,
    stop: str,
    levels: dict[str, int],
    when: Match = (),
    pauses: PausesThatCount = False,
) -> Clock:
    """A clock around the clock; `stop` is words with blanks between, `levels` name -> ms."""
    stops = frozenset(Kind[word.upper()] for word in stop.split())
    targets = tuple(Level(level, after) for level, after in levels.items())
    return Clock(name, "0", Kind[start.upper()], stops, when, pauses, targets, ALWAYS)


def policy(*clocks: Clock, stalled_after: int | None = None, id: str = "test", match: Match = ()) -> Policies:
    """A policy that has always been in force."""
    return Policies([Policy(id, 1, "0" * 64, 0, {}, match, clocks, stalled_after)])


GENERAL: Match = (("complexity", frozenset({"general"})),)
COMPLEX: Match = (("complexity", frozenset({"complex"})),)
RESPONSE = clock(
    "response", "received", "response_started", {"warning": 24 * MINUTE, "minor": 30 * MINUTE, "major": HOUR}
)
RESOLUTION = clock(
    "resolution",
    "received",
    "feedback_delivered",
    {"warning": 96 * MINUTE, "minor": 2 * HOUR, "major": 4 * HOUR},
    GENERAL,
)
PRELIMINARY = clock(
    "preliminary_solution",
    "received",
    "preliminary_solution_provided",
    {"warning": 192 * MINUTE, "major": 4 * HOUR},
    COMPLEX,
)
LETTER = policy(RESPONSE, RESOLUTION, PRELIMINARY)
