"""Whatever a valid notice says: once frozen, its days are off and on, and no other day has changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from service.offline.calendar_freeze import freeze
from service.offline.notice_file import read_notice
from service.offline.official_days import festivals
from service.policy.directory import read_calendar_at
from service.sla.calendar.local_days import WEEKDAYS, LocalDays
from service.sla.calendar.working_hours import WorkingTime

# Each weekday has hours of its own, so that every change of a day shows.
WEEK = "".join(f'  {day}: [["0{number}:00", "1{number}:00"]]\n' for number, day in enumerate(WEEKDAYS))
DAY = timedelta(days=1)
WORKS = WEEKDAYS[:5]  # as `--make-up-as` may say


@dataclass(frozen=True)
class Notice:
    year: int
    breaks: dict[str, tuple[list[date], list[date]]]  # days off and make-up days by name

    @property
    def off(self) -> set[date]:
        return {day for days, _ in self.breaks.values() for day in days}

    @property
    def works(self) -> set[date]:
        return {day for _, days in self.breaks.values() for day in days}

    def text(self) -> str:
        lines = [f"country: CN\nyear: {self.year}\nholidays:\n"]
        for name, (days, works) in self.breaks.items():
            lines.append(f"  {name}: {{days: [{', '.join(ranges(days))}], total: {len(days)}")
            lines.append(f", working_days: [{', '.join(map(str, sorted(works)))}]}}\n" if works else "}\n")
        return "".join(lines) + f"make_up_days: {len(self.works)}\n"


def ranges(days: list[date]) -> Iterator[str]:
    """Days in order as dates and ranges."""
    run: list[date] = []
    for day in [*days, date.max]:
        if run and day != run[-1] + DAY:
            yield f"{run[0]}..{run[-1]}" if len(run) > 1 else f"{run[0]}"
            run = []
        run.append(day)


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    """A break around each holiday; two that meet are one, as in the notices of 2020 and 2025."""
    year = draw(st.integers(2025, 2040))
    found: list[tuple[str, list[date]]] = []
    for name, day in sorted(festivals(year).items(), key=lambda item: item[1]):
        before, after = draw(st.integers(0, 3)), draw(st.integers(0, 7))
        days = [day + number * DAY for number in range(-before, after + 1)]
        if found and found[-1][1][-1] >= days[0]:
            joined, earlier = found.pop()
            found.append((f"{joined}, {name}", sorted({*earlier, *days})))
        else:
            found.append((name, days))
    off = {day for _, days in found for day in days}
    year_s_days = [date(year, 1, 1) + number * DAY for number in range(365)]
    weekend = [day for day in year_s_days if day.weekday() >= 5 and day not in off]
    works = draw(st.lists(st.sampled_from(weekend), max_size=8, unique=True))
    owners = [draw(st.integers(0, len(found) - 1)) for _ in works]
    breaks = {
        name: (days, [day for day, owner in zip(works, owners, strict=True) if owner == number])
        for number, (name, days) in enumerate(found)
    }
    order = draw(st.permutations(list(breaks)))
    return Notice(year, {name: breaks[name] for name in order})


def local_days(path: Path) -> LocalDays:
    calendar = read_calendar_at(path).calendar
    assert isinstance(calendar, WorkingTime)
    return calendar.days


@settings(deadline=None)  # it looks at every day of two years
@given(
    notice=notices(),
    like=st.sampled_from(WORKS),
    own=st.sets(st.integers(1, 360), max_size=4),
    later=st.booleans(),
)
def test_the_days_of_a_notice_are_off_and_on_and_every_other_day_is_as_it_was(
    notice: Notice, like: str, own: set[int], later: bool
) -> None:
    other = notice.year + 1 if later else notice.year - 1
    own_days = [date(other, 1, 1) + number * DAY for number in sorted(own) if number < 359]
    days = read_notice("n.yaml", notice.text().encode())
    with TemporaryDirectory() as directory:
        path = Path(directory) / "desk.yaml"
        closed = "".join(f"  - {day}  # ours\n" for day in own_days)
        lines = f"calendar: desk\ntimezone: Asia/Shanghai\nweek:\n{WEEK}"
        lines += f"holidays:\n{closed}" if closed else ""
        lines += f"# known\nofficial: {{country: CN, years: [{other}]}}  # since then\n"
        path.write_text(lines, encoding="utf-8")
        before = local_days(path)
        freeze(days, path, like, StringIO())
        after, text = local_days(path), path.read_text(encoding="utf-8")
        freeze(days, path, like, StringIO())
        assert path.read_text(encoding="utf-8") == text
    left = iter(text.splitlines())
    kept = [line for line in lines.splitlines() if not line.startswith("official:")]
    assert all(line in left for line in kept)  # in this order
    for year in (notice.year, other):
        day = date(year, 1, 1)
        while day.year == year:
            assert after.windows(day) == expected(notice, before, day, like)
            day += DAY


def expected(notice: Notice, before: LocalDays, day: date, like: str) -> object:
    if day.year != notice.year:
        return before.windows(day)
    if day in notice.off:
        return ()
    return before.week[WEEKDAYS.index(like) if day in notice.works else day.weekday()]
