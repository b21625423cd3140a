"""Laws of working time, over made-up calendars, zones and years, and a counter that looks at every minute."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.sla.calendar.calendar import ALWAYS, Interval
from service.sla.calendar.local_days import LocalDays, Windows
from service.sla.calendar.working_hours import WorkingTime
from service.timezones import zone
from tests.sla.hours import DAY, MINUTE

# Zones, and days on or about which their clocks shift; Apia skips a date, Kathmandu moves by 15 minutes.
SHIFTS = {
    "Asia/Shanghai": ["1991-04-14", "1991-09-15", "2026-02-16"],
    "Europe/Berlin": ["2025-10-26", "2026-03-29", "2024-02-29"],
    "America/Sao_Paulo": ["2018-11-04", "2019-02-17", "2026-01-01"],
    "Australia/Lord_Howe": ["2025-10-05", "2026-04-05"],
    "Asia/Kathmandu": ["1985-12-31", "2026-06-01"],
    "Pacific/Apia": ["2011-12-30", "2011-09-24", "2020-04-05"],
}
HOUR = st.integers(0, 24 * 4).map(lambda quarter: quarter * 900)


def windows(edges: list[int]) -> Windows:
    """Every other span between the edges."""
    return tuple((since, to) for since, to in list(pairwise(sorted(set(edges))))[::2])


@st.composite
def calendars(draw: st.DrawFn) -> tuple[WorkingTime, int]:
    """A calendar, and an instant (ms) within some days of a shift of its clocks."""
    name = draw(st.sampled_from(sorted(SHIFTS)))
    day = date.fromisoformat(draw(st.sampled_from(SHIFTS[name])))
    hours = st.lists(HOUR, max_size=6).map(windows) | st.just(((0, 86_400),))
    week = draw(st.tuples(*[hours] * 7).filter(any))
    near = st.integers(-6, 12).map(lambda days: day + timedelta(days=days))
    holidays = draw(st.frozensets(near, max_size=3))
    open_days = st.sampled_from([weekday for weekday in range(7) if week[weekday]])
    working = draw(st.dictionaries(near.filter(lambda day: day not in holidays), open_days, max_size=2))
    days = LocalDays("made", zone(name), week, holidays, working)
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    return WorkingTime(days), midnight + draw(st.integers(-4 * DAY, 4 * DAY))


LENGTH = st.integers(0, 9 * DAY)


@st.composite
def with_pauses(draw: st.DrawFn) -> tuple[WorkingTime, int, list[Interval]]:
    working, start = draw(calendars())
    edges = sorted(draw(st.sets(st.integers(start - DAY, start + 9 * DAY), max_size=6)))
    pauses: list[Interval] = [(since, to) for since, to in list(pairwise(edges))[::2]]
    if pauses and draw(st.booleans()):
        pauses[-1] = (pauses[-1][0], None)
    return working, start, pauses


@settings(deadline=None)
@given(with_pauses(), st.integers(0, 4 * DAY))
def test_what_elapses_until_a_target_is_due_is_the_target(
    made: tuple[WorkingTime, int, list[Interval]], target: int
):
    working, start, pauses = made
    due = working.due(start, target, pauses)
    assume(due is not None)
    assert due is not None
    assert working.elapsed(start, due, pauses) == target
    if target:
        assert working.elapsed(start, due - 1, pauses) == target - 1  # the first such instant


@settings(deadline=None)
@given(calendars(), LENGTH, LENGTH, LENGTH)
def test_due_grows_with_the_target_and_with_the_start(
    made: tuple[WorkingTime, int], later: int, target: int, more: int
):
    working, start = made
    due = working.due(start, target, ())
    assert due is not None
    after = working.due(start, target + more, ())
    assert after is not None
    assert after >= due
    moved = working.due(start + later, target, ())
    assert moved is not None
    assert moved >= due


@settings(deadline=None)
@given(with_pauses(), LENGTH, LENGTH)
def test_elapsed_and_paused_add_up_at_any_instant(
    made: tuple[WorkingTime, int, list[Interval]], first: int, second: int
):
    working, start, pauses = made
    middle, end = start + first, start + first + second
    for count in (working.elapsed, working.paused):
        assert count(start, end, pauses) == count(start, middle, pauses) + count(middle, end, pauses)
    assert working.elapsed(start, end, pauses) + working.paused(start, end, pauses) == working.elapsed(
        start, end, ()
    )


@settings(deadline=None)
@given(with_pauses(), st.integers(0, 4 * DAY), LENGTH)
def test_closed_hours_are_like_pauses_of_a_clock_around_the_clock(
    made: tuple[WorkingTime, int, list[Interval]], target: int, length: int
):
    working, start, pauses = made
    far = start + 60 * DAY
    gaps = [start, *(edge for stretch in working.open_between(start, far) for edge in stretch), far]
    closed = [(since, to) for since, to in zip(gaps[::2], gaps[1::2], strict=True) if since < to]
    either = union([*closed, *pauses])
    end = start + length
    assert working.elapsed(start, end, pauses) == ALWAYS.elapsed(start, end, either)
    due = working.due(start, target, pauses)
    if due is None or due < far:
        assert due == ALWAYS.due(start, target, either)


def union(intervals: list[Interval]) -> list[Interval]:
    joined: list[Interval] = []
    for since, to in sorted(intervals, key=lambda interval: interval[0]):
        if joined and (joined[-1][1] is None or since <= joined[-1][1]):
            begin, end = joined.pop()
            joined.append((begin, None if end is None or to is None else max(end, to)))
        else:
            joined.append((since, to))
    return joined


class Minutes:
    """Every minute about an instant, by what the wall clock shows; knows nothing of offsets or folds."""

    def __init__(self, days: LocalDays, around: int) -> None:
        self.days = days
        self.first: dict[datetime, int] = {}  # wall clock -> the first minute (ms) that shows it
        begin = (around - 2 * DAY) // MINUTE * MINUTE
        self.minutes = range(begin, begin + 12 * DAY, MINUTE)
        for minute in self.minutes:
            self.first.setdefault(self.wall(minute), minute)
        self.dates = sorted({wall.date() for wall in self.first})[1:-1]
        self.open = {
            minute
            for day in self.dates
            for since, to in self.hours(day)
            for minute in range(since, to, MINUTE)
        }

    def wall(self, minute: int) -> datetime:
        return datetime.fromtimestamp(minute // 1000, self.days.zone).replace(tzinfo=None, fold=0)

    def hours(self, day: date) -> list[tuple[int, int]]:
        midnight = datetime.combine(day, time())
        edges = [[midnight + timedelta(seconds=edge) for edge in window] for window in self.days.windows(day)]
        hours = [(self.instant(since), self.instant(to)) for since, to in edges]
        return [(since, to) for since, to in hours if since < to]

    def instant(self, wall: datetime) -> int:
        if wall in self.first:
            return self.first[wall]
        before = max(shown for shown in self.first if shown < wall)
        after = min(shown for shown in self.first if shown > wall)
        return self.first[wall + (after - before - timedelta(minutes=1))]


@settings(max_examples=40, deadline=None)
@given(calendars(), st.integers(0, 4 * DAY), st.integers(1, 3))
def test_the_same_as_counting_every_minute(made: tuple[WorkingTime, int], length: int, count: int):
    working, start = made
    start = start // MINUTE * MINUTE
    end = start + length // MINUTE * MINUTE
    minutes = Minutes(working.days, start)
    counted = sum(minute in minutes.open for minute in range(start, end, MINUTE))
    assert working.elapsed(start, end, ()) == counted * MINUTE
    due = working.due(start, counted * MINUTE, ())
    assert due is not None
    last = max(
        (minute for minute in range(start, end, MINUTE) if minute in minutes.open), default=start - MINUTE
    )
    assert due == last + MINUTE

    today = minutes.wall(start).date()
    ends = [
        max(to for _, to in hours) for day in minutes.dates if day > today and (hours := minutes.hours(day))
    ]
    if len(ends) >= count:
        assert working.due_in_days(start, count) == ends[count - 1]
