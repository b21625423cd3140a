"""The levels of a clock: durations, working days, and warnings as a share of the smallest breach target.

All levels of a clock are durations, or all are working days. Breach levels stand in the order of their
targets, the shortest first: so the last that is breached is the highest.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from service.sla.calendar.calendar import ALWAYS, Calendar
from service.sla.calendar.duration import parse_duration
from service.sla.calendar.working_hours import WorkingTime
from service.sla.policy import Level
from service.strict_yaml.place import Place, shown

_PER_CENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,9})?) ?%")
_WORKING_DAYS = re.compile(r"([0-9]{1,3}) working days?")

_Row = tuple[str, Place]  # the level's name, and where its `after` stands


def read_levels(place: Place, calendar: Calendar, *, pauses: bool) -> tuple[Level, ...]:
    """Return the levels in the order of the file. `pauses`: some pauses count on this clock."""
    problems = len(place.problems)
    rows = _rows(place)
    durations = [(index, row) for index, row in enumerate(rows) if not _is_share(row)]
    fixed = {index: _fixed(*row, calendar, pauses=pauses) for index, row in durations}
    breaches = [level for level in fixed.values() if not level.warns]
    levels = [fixed.get(index) or _share(*row, breaches) for index, row in enumerate(rows)]
    if len(place.problems) == problems:  # a target that cannot be read has no order
        _in_order(levels, [after for _, after in rows])
    return tuple(_ranked(levels))


def _in_order(levels: Sequence[Level], places: Sequence[Place]) -> None:
    """Check that targets are of one kind, and that breach levels ascend."""
    before: tuple[Level, Place] | None = None
    for level, place in zip(levels, places, strict=True):
        if (level.working_days is None) != (levels[0].working_days is None):
            place.wrong("the levels of a clock are all durations, or all working days")
        if level.warns:
            continue
        if before is not None and _target(level) <= _target(before[0]):
            place.wrong(
                f"must be longer than {before[1].node.value} of {before[0].name}: breach levels ascend"
            )
        before = level, place


def _target(level: Level) -> int:
    return (level.after_ms or 0) if level.working_days is None else level.working_days


def _ranked(levels: Iterable[Level]) -> Iterator[Level]:
    rank = 0
    for level in levels:
        rank += not level.warns
        yield level if level.warns else replace(level, rank=rank)


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
        hint = _same_as(int(days[1]), calendar)
        after.wrong(f"a clock that pauses cannot have a level in working days; {hint}")
    return Level(name, None, int(days[1]))


def _same_as(days: int, calendar: Calendar) -> str:
    """Return the duration to write instead of so many working days, as a hint."""
    lengths = set()
    if isinstance(calendar, WorkingTime):
        lengths = {sum(to - since for since, to in windows) for windows in calendar.days.week if windows}
    if len(lengths) != 1:
        return "write the hours that they have"
    minutes = days * lengths.pop() // 60
    hours, rest = divmod(minutes, 60)
    return f"{days} of these have {hours}h{f'{rest}m' if rest else ''}: write that"


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
