"""The levels of a clock: durations, working days, and warnings as a share of the smallest breach target."""

import re
from collections.abc import Sequence
from fractions import Fraction

from service.policy.place import Place, shown
from service.sla.calendar.calendar import ALWAYS, Calendar
from service.sla.calendar.duration import parse_duration
from service.sla.policy import Level

_PER_CENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,9})?) ?%")
_WORKING_DAYS = re.compile(r"([0-9]{1,3}) working days?")

_Row = tuple[str, Place]  # the level's name, and where its `after` stands


def read_levels(place: Place, calendar: Calendar, *, pauses: bool) -> tuple[Level, ...]:
    """Return the levels in the order of the file. `pauses`: some pauses count on this clock."""
    rows = _rows(place)
    durations = [(index, row) for index, row in enumerate(rows) if not _is_share(row)]
    fixed = {index: _fixed(*row, calendar, pauses=pauses) for index, row in durations}
    breaches = [level for level in fixed.values() if not level.warns]
    return tuple(fixed.get(index) or _share(*row, breaches) for index, row in enumerate(rows))


def _rows(place: Place) -> list[_Row]:
    names = ("level", "after")
    items = place.items()
    if not items and place.node.value == []:
        place.wrong("needs at least one level")
    given = [item.fields(names, needed=names) for item in items]
    rows: dict[str, Place] = {}
    for row in given:
        if all(name in row for name in names):
            level = row["level"].plain_name()
            if level and level in rows:
                row["level"].wrong(f"the clock has two levels {shown(level)}")
            rows[level] = row["after"]
    return list(rows.items())


def _is_share(row: _Row) -> bool:
    _, after = row
    return isinstance(after.node.value, str) and after.node.value.endswith("%")


def _fixed(name: str, after: Place, calendar: Calendar, *, pauses: bool) -> Level:
    days = _WORKING_DAYS.fullmatch(after.node.value) if isinstance(after.node.value, str) else None
    if not days:
        return Level(name, after.read(parse_duration, 0))
    if calendar is ALWAYS:
        after.wrong("working days need a calendar; around the clock there are none")
    elif not 1 <= int(days[1]) <= 366:
        after.wrong("must be between 1 and 366 working days")
    elif pauses:
        after.wrong("a clock that pauses cannot have a level in working days")
    return Level(name, None, int(days[1]))


def _share(name: str, after: Place, breaches: Sequence[Level]) -> Level:
    """Return a warning at a share of the smallest breach target, rounded down to ms: it is never late."""
    share = after.read(_per_cent, Fraction(0))
    targets = [breach.after_ms for breach in breaches if breach.after_ms is not None]
    if not Level(name, 0).warns:
        after.wrong("only a warning can be a share; a breach needs a duration")
    elif not breaches:
        after.wrong("is a share of the smallest breach target, and the clock has no breach; write a duration")
    elif len(targets) < len(breaches):
        after.wrong("there is no share of working days; write a duration")
    return Level(name, int(share * min(targets, default=0)))


def _per_cent(text: str) -> Fraction:
    found = _PER_CENT.fullmatch(text)
    share = Fraction(found[1]) / 100 if found else None
    if share is None:
        raise ValueError("is no share; write for example 80% or 62.5%")
    if not 0 < share < 1:
        raise ValueError("must be more than 0% and less than 100%: a warning comes before the breach")
    return share
