"""Reader of one policy file: from its bytes to the policy that the core judges by."""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from schemas.complaints import CHANNELS, COMPLEXITIES
from schemas.instant import EPOCH
from schemas.instant import milliseconds as milliseconds  # noqa: PLC0414 (also for service/cli/options.py)
from schemas.instant import read as read_instant
from service.policy.bad_policies import BadPolicies
from service.policy.calendar_years import frame
from service.policy.desk_file import DESK_CLOCK, DESK_POLICY, read_desk_clock, read_desks
from service.policy.levels import read_levels
from service.policy.named_calendar import BUILT_IN, NamedCalendar
from service.policy.zone import read_zone
from service.sla.calendar.calendar import ALWAYS, Calendar, YearUnknown
from service.sla.calendar.duration import parse_duration
from service.sla.facts import Kind
from service.sla.policy import DEFAULT_AGREEMENT, Clock, Match, PausesThatCount, Policy
from service.sla.statement import ACTIVITY
from service.strict_yaml.document import (
    NotReadError,
    YamlNode,
    canonical_json,
    content,
    node_of,
    read_document,
)
from service.strict_yaml.place import Place, Problem, plain_name, shown

POLICY = (
    "policy",
    "version",
    "effective_from",
    "title",
    "agreement",
    "match",
    "exempt",
    "calendar",
    "zone",
    "clocks",
    "stalled_after",
    "held_after",
)
NOT_EXEMPT = ("clocks", "calendar", "zone", "stalled_after", "held_after")  # of no use in an exempt policy
CLOCK = ("clause", "when", "start", "stop", "levels", "pause", "calendar")
WHEN = ("complexity", "priority", "category", "service", "region", "team", "channel", "customer_id")
_MATCH = ("tenant", *WHEN)
_CLOSED = {"complexity": COMPLEXITIES, "channel": CHANNELS}
_CODES = frozenset({"priority", "category", "service", "region", "team"})  # made fit, as in events
_KINDS = {kind.word: kind for kind in Kind}
NO_STARTS = {Kind.WITHDRAWN, Kind.MERGED, Kind.VOIDED}
NO_STOPS = {Kind.RECEIVED, Kind.REOPENED, Kind.VOIDED}

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy and its file."""

    file: str
    policy: Policy
    effective_from: datetime  # with the offset that the file writes
    content: Any  # what was hashed: {"calendars": …, "policy": …}, without the dates of calendars' years
    lines: Mapping[str, int]  # of the top fields

    def problem(self, field: str, reason: str) -> Problem:
        """Return a problem of a top field, on the first line when the file lacks the field."""
        return Problem(self.file, self.lines.get(field, 1), field, reason)


def read_policy(file: str, raw: bytes, calendars: Mapping[str, NamedCalendar] = BUILT_IN) -> PolicyFile:
    """Return the policy in `raw`. `file`: its name in problems. Raises BadPolicies with all its problems."""
    try:
        root = read_document(raw)
    except NotReadError as error:
        raise BadPolicies([Problem(file, error.line, error.field, error.reason)]) from None
    return _read(file, root, calendars)


def read_policy_content(file: str, said: Any, calendars: Mapping[str, NamedCalendar]) -> PolicyFile:
    """Return the policy whose file has the content `said`. Raises BadPolicies with all its problems."""
    try:
        root = node_of(said)
    except NotReadError as error:
        raise BadPolicies([Problem(file, None, None, error.reason)]) from None
    return _read(file, root, calendars)


def _read(file: str, root: YamlNode, calendars: Mapping[str, NamedCalendar]) -> PolicyFile:
    place = Place(file, root, "", [])
    read = _policy_file(place, calendars)
    if place.problems:
        raise BadPolicies(sorted(place.problems, key=lambda problem: problem.line or 0))
    return read


def parse_instant(text: str) -> datetime:
    """Return the instant of a text in RFC 3339 with an offset, truncated to ms. Raises ValueError."""
    try:
        instant = read_instant(text)
    except ValueError:
        raise ValueError(
            "is no instant with an offset; write for example 2026-01-01T00:00:00+08:00"
        ) from None
    if not 1970 < instant.year < 3000:
        raise ValueError("is outside the years 1971 to 2999")
    return instant


def _policy_file(place: Place, calendars: Mapping[str, NamedCalendar]) -> PolicyFile:
    of_desks, is_exempt = "desks" in place.entries(), "exempt" in place.entries()
    needed = ("policy", "version", "effective_from", *(() if is_exempt else ("clocks",)))
    given = (
        place.fields(DESK_POLICY, needed=(*needed, "heartbeat_timeout"))
        if of_desks
        else place.fields(POLICY, needed)
    )
    calendar: Calendar = _get(given, "calendar", lambda named: _calendar(named, calendars), ALWAYS)
    read_one = _desk_clock if of_desks else _clock
    clocks: tuple[Clock, ...] = _get(
        given, "clocks", lambda named: _clocks(named, calendar, calendars, read_one), ()
    )
    used = {calendar.name, *(clock.calendar.name for clock in clocks)}
    said = {
        "policy": content(place.node),
        "calendars": {
            name: frame(one.content) for name, one in calendars.items() if name in used and one.content
        },
    }
    effective_from = _get(given, "effective_from", _effective_from, EPOCH)
    policy = Policy(
        id=_get(given, "policy", Place.name, ""),
        version=_get(given, "version", lambda version: version.read(_version, 0), 0),
        sha256=hashlib.sha256(canonical_json(said).encode()).hexdigest(),
        effective_from=milliseconds(effective_from),
        title=_get(given, "title", _title, {}),
        match=_get(given, "match", lambda match: _match(match, ("tenant",) if of_desks else _MATCH), ()),
        clocks=clocks,
        stalled_after_ms=_get(given, "stalled_after", lambda after: after.read(_not_nothing, None), None),
        held_after_ms=_get(given, "held_after", lambda after: after.read(_not_nothing, None), None),
        agreement=_get(given, "agreement", Place.plain_name, DEFAULT_AGREEMENT),
        exempt=_get(given, "exempt", _exempt, False),
        zone=_get(given, "zone", read_zone, effective_from.isoformat()[-6:]),
        desks=_get(given, "desks", read_desks, frozenset()),
        heartbeat_timeout_ms=_get(given, "heartbeat_timeout", lambda after: after.read(_not_nothing, 0), 0),
    )
    for field in NOT_EXEMPT if policy.exempt else ():
        if field in given:
            given[field].wrong("has no use in an exempt policy, which no clock judges")
    if not place.problems and not policy.exempt:
        _reach(given["clocks"], policy)
    lines = {field: found.node.line for field, found in given.items()}
    return PolicyFile(place.file, policy, effective_from, said, lines)


def _get(given: Mapping[str, Place], field: str, read: Callable[[Place], T], otherwise: U) -> T | U:
    return read(given[field]) if field in given else otherwise


def _effective_from(place: Place) -> datetime:
    return place.read(parse_instant, EPOCH)


def _version(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise ValueError("must be a whole number from 1")
    return int(text)


def _not_nothing(text: str) -> int:
    after = parse_duration(text)
    if after == 0:
        raise ValueError("must be longer than nothing")
    return after


def _exempt(place: Place) -> bool:
    """Only `true` makes sense; a policy that is not exempt leaves the field out."""
    if place.text() not in ("", "true"):
        place.wrong("must be true; leave it out where clocks judge")
    return True


def _title(place: Place) -> Mapping[str, str]:
    return {language: title.text() for language, title in place.fields(("en", "zh")).items()}


def _match(place: Place, known: Sequence[str]) -> Match:
    keys = place.entries()
    if "tenant" in keys and "tenant" not in known:
        keys.pop("tenant").wrong("a tenant is asked for in match, not in when: it never changes")
    else:
        place.fields(known)
    return tuple((key, _values(key, value)) for key, value in keys.items())


def _values(key: str, place: Place) -> frozenset[str]:
    return frozenset(_value(key, value) for value in place.one_or_more())


def _value(key: str, place: Place) -> str:
    if _is_negated(place):
        return ""
    if key in _CLOSED:
        return place.one_of(_CLOSED[key], f"no {key}") or ""
    return place.code() if key in _CODES else place.name()


def _is_negated(place: Place) -> bool:
    """Refuse a value that is meant as “all but this one”."""
    if not place.text().startswith("!"):
        return False
    # `match` chooses for good at the start of a cycle, so an exemption does the same. `when` does not.
    instead = "name the values that are meant"
    if place.field.startswith("match"):
        instead += ", or write a policy with exempt: true that matches the tickets to leave out"
    place.wrong(f"{shown(place.text())} does not mean “not”; {instead}")
    return True


def _calendar(place: Place, calendars: Mapping[str, NamedCalendar]) -> Calendar:
    chosen = place.one_of(calendars.keys(), "no calendar that is there")
    return calendars[chosen].calendar if chosen else ALWAYS


def _clocks(
    place: Place,
    calendar: Calendar,
    calendars: Mapping[str, NamedCalendar],
    read_one: "Callable[[str, Place, Calendar, Mapping[str, NamedCalendar]], Clock]",
) -> tuple[Clock, ...]:
    given = place.entries()
    if place.node.value == {}:
        place.wrong("needs at least one clock")
    for key, clock in given.items():
        try:
            plain_name(key)
        except ValueError as error:
            clock.wrong(f"the clock's name {error}")
        if key == ACTIVITY:
            clock.wrong(f"the name {ACTIVITY} is kept for stalled_after and held_after")
    return tuple(read_one(key, clock, calendar, calendars) for key, clock in given.items())


def _desk_clock(key: str, place: Place, calendar: Calendar, calendars: Mapping[str, NamedCalendar]) -> Clock:
    given = place.fields(DESK_CLOCK, needed=("min_open", "levels"))
    own = _get(given, "calendar", lambda named: _calendar(named, calendars), calendar)
    return read_desk_clock(key, given, own)


def _clock(key: str, place: Place, calendar: Calendar, calendars: Mapping[str, NamedCalendar]) -> Clock:
    given = place.fields(CLOCK, needed=("start", "stop", "levels"))
    own = _get(given, "calendar", lambda named: _calendar(named, calendars), calendar)
    pauses: PausesThatCount = _get(given, "pause", _pauses, False)
    return Clock(
        name=key,
        clause=_get(given, "clause", Place.text, None),
        start=_get(given, "start", lambda start: _kind(start, NO_STARTS, "starts"), Kind.RECEIVED),
        stop=_get(given, "stop", _stop, frozenset()),
        when=_get(given, "when", lambda when: _match(when, WHEN), ()),
        pauses=pauses,
        levels=_get(given, "levels", lambda levels: read_levels(levels, own, pauses=bool(pauses)), ()),
        calendar=own,
    )


def _reach(place: Place, policy: Policy) -> None:
    """Check that every level has a due instant at least when the policy takes effect."""
    for clock, where in zip(policy.clocks, place.entries().values(), strict=True):
        for level in clock.levels:
            try:
                clock.due_at(level, policy.effective_from, ())
            except YearUnknown as error:
                where.wrong(f"level {level.name}, when the policy takes effect: {error}")


def _stop(place: Place) -> frozenset[Kind]:
    return frozenset(_kind(kind, NO_STOPS, "stops") for kind in place.items())


def _kind(place: Place, none_of: Collection[Kind], does: str) -> Kind:
    possible = [word for word, kind in _KINDS.items() if kind not in none_of]
    if isinstance(place.node.value, str) and _KINDS.get(place.node.value) in none_of:
        place.wrong(f"{place.node.value} never {does} a clock")
        return Kind.CLOSED
    return _KINDS[place.one_of(possible, "no event kind") or "closed"]


def _pauses(place: Place) -> PausesThatCount:
    if isinstance(place.node.value, list):
        return frozenset(reason.code() for reason in place.items() if not _is_negated(reason))
    return place.one_of(("true", "false"), "neither true nor false nor a list of reasons") == "true"
