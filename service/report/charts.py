"""Chart layout: the positions of all marks, in the units of the SVG. The template draws them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from service.report.document import Row
from service.report.translations import length_text, percent_text

WIDTH = 700

_LEFT, _RIGHT, _TOP = 48, 600, 14  # edges of the plot of a line chart
_PLOT = 150  # height of the plot
_LINE = 14  # least distance between two labels
_LETTER, _GAP = 6.5, 12  # width of a letter, and gap between labels on an axis
_MOST_FILLED = 2_000  # periods; beyond that, periods without a due instant are left out
_FLOORS = {99: 5, 95: 5, 90: 5, 80: 4, 50: 5, 0: 4}  # per cent at which an axis may begin: steps up to 100

_CELL, _ROW = 26, 24  # width and height of a cell in the chart of hours
_HOURS_LEFT = 60

_STEP, _BAR = 24, 16  # distance between bars, height of a bar
_BARS_LEFT, _BARS_LONGEST = 150, 330


@dataclass(frozen=True, slots=True)
class ChartMark:
    """A text, or a point with a text, at a position."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class ChartLine:
    """The line of one level: its points, its label, and `pieces`, the coordinates of unbroken stretches."""

    level: str
    points: Sequence[ChartMark]
    pieces: Sequence[str]
    label: ChartMark
    lowest: str
    highest: str


@dataclass(frozen=True, slots=True)
class Attainment:
    """The attainment of one clock over the periods."""

    clock: str
    low: int
    lines: Sequence[ChartLine]
    x_ticks: Sequence[ChartMark]
    y_ticks: Sequence[ChartMark]
    left: int = _LEFT
    right: int = _RIGHT
    bottom: int = _TOP + _PLOT
    height: int = _TOP + _PLOT + 26


def attainments(document: Mapping[str, Any]) -> Iterator[Attainment]:
    """Yield a chart for each clock with a verdict in a known period."""
    sums: dict[str, dict[str, dict[str, list[int]]]] = {}  # clock, level, period: met and decided
    for row in document["figures"]:
        if row["attainment"] is not None and row["period"] is not None:
            levels = sums.setdefault(row["clock"], {})
            counts = levels.setdefault(row["level"], {}).setdefault(row["period"], [0, 0])
            counts[0] += row["met"]
            counts[1] += row["met"] + row["breached"]
    for clock, levels in sums.items():
        yield _attainment(clock, levels, document["report"]["by"])


def _attainment(clock: str, levels: Mapping[str, Mapping[str, Sequence[int]]], by: str) -> Attainment:
    seen = sorted({period for counts in levels.values() for period in counts})
    periods = filled(seen, by)
    x_of = {period: _x(place, len(periods)) for place, period in enumerate(periods)}
    ratios = {
        level: {period: met / decided for period, (met, decided) in counts.items()}
        for level, counts in levels.items()
    }
    worst = min(ratio for by_period in ratios.values() for ratio in by_period.values())
    low = next(floor for floor in _FLOORS if worst * 100 >= floor)
    lines = [_line(level, periods, by_period, x_of, low) for level, by_period in ratios.items()]
    fit = int((_RIGHT - _LEFT) / (_LETTER * len(periods[0]) + _GAP))
    step = -(-len(periods) // fit)
    x_ticks = [ChartMark(x_of[period], _TOP + _PLOT + 17, period) for period in periods[::step]]
    steps = _FLOORS[low]
    values = [low + (100 - low) * step / steps for step in range(steps + 1)]
    y_ticks = [ChartMark(_LEFT - 6, _y(value, low), f"{value:g} %") for value in values]
    return Attainment(clock, low, _apart(lines), x_ticks, y_ticks)


def _line(
    level: str,
    periods: Sequence[str],
    ratios: Mapping[str, float],
    x_of: Mapping[str, float],
    low: int,
) -> ChartLine:
    points: list[ChartMark] = []
    pieces: list[list[str]] = [[]]
    for period in periods:
        if period not in ratios:
            pieces.append([])
            continue
        x, y = x_of[period], _y(ratios[period] * 100, low)
        points.append(ChartMark(x, y, f"{period}: {percent_text(ratios[period])}"))
        pieces[-1].append(f"{x:.1f},{y:.1f}")
    last = points[-1]
    return ChartLine(
        level,
        points,
        [" ".join(piece) for piece in pieces if len(piece) > 1],
        ChartMark(_RIGHT + 10, last.y + 4, level),
        percent_text(min(ratios.values())),
        percent_text(max(ratios.values())),
    )


def _apart(lines: Sequence[ChartLine]) -> list[ChartLine]:
    """Return the lines in their order, with labels moved down so that none covers another."""
    placed: list[ChartLine] = []
    for line in sorted(lines, key=lambda line: line.label.y):
        y = max(line.label.y, placed[-1].label.y + _LINE if placed else 0)
        label = ChartMark(line.label.x, y, line.label.text)
        placed.append(ChartLine(line.level, line.points, line.pieces, label, line.lowest, line.highest))
    return [next(line for line in placed if line.level == original.level) for original in lines]


def _x(place: int, count: int) -> float:
    return (_LEFT + _RIGHT) / 2 if count == 1 else _LEFT + 8 + (_RIGHT - _LEFT - 16) * place / (count - 1)


def _y(percent: float, low: int) -> float:
    return _TOP + _PLOT * (100 - percent) / (100 - low)


def filled(periods: Sequence[str], by: str) -> Sequence[str]:
    """Return every period from the first to the last of `periods` (ascending), including empty periods."""
    first, last = periods[0], periods[-1]
    found: list[str] = []
    current = first
    while len(found) < _MOST_FILLED:
        found.append(current)
        if current == last:
            return found
        current = _next(current, by)
    return periods


def _next(period: str, by: str) -> str:
    if by == "day":
        return (date.fromisoformat(period) + timedelta(days=1)).isoformat()
    if by == "week":
        year, week, _ = (
            date.fromisocalendar(int(period[:4]), int(period[6:]), 1) + timedelta(7)
        ).isocalendar()
        return f"{year}-W{week:02}"
    year, month = int(period[:4]), int(period[5:])
    return f"{year + month // 12:04}-{month % 12 + 1:02}"


@dataclass(frozen=True, slots=True)
class Field:
    """One hour of one weekday. `strength`: from 0 to 1."""

    x: int
    y: int
    count: int
    strength: float


@dataclass(frozen=True, slots=True)
class Hours:
    """Breaches by weekday and hour."""

    fields: Sequence[Field]
    weekdays: Sequence[ChartMark]
    ticks: Sequence[ChartMark]
    rows: Sequence[tuple[str, Sequence[int]]]  # weekday and its 24 counts, for the table
    count: int
    most: int
    weekday: str  # weekday and hour with the most breaches
    hour: int
    cell: int = _CELL
    row: int = _ROW
    height: int = 7 * _ROW + 24


def hours(document: Mapping[str, Any], words: Mapping[str, str]) -> Hours | None:
    """Return the chart of breaches by weekday and hour; None when nothing was breached."""
    counts = {(row["weekday"] - 1, row["hour"]): row["breached"] for row in document["hours"]}
    if not counts:
        return None
    most = max(counts.values())
    weekday, hour = next(key for key, count in counts.items() if count == most)
    names = words["weekdays"].split()
    return Hours(
        [
            Field(
                _HOURS_LEFT + hour * _CELL,
                day * _ROW,
                counts.get((day, hour), 0),
                counts.get((day, hour), 0) / most,
            )
            for day in range(7)
            for hour in range(24)
        ],
        [ChartMark(_HOURS_LEFT - 8, day * _ROW + _ROW / 2 + 4, name) for day, name in enumerate(names)],
        [ChartMark(_HOURS_LEFT + hour * _CELL + _CELL / 2, 7 * _ROW + 16, str(hour)) for hour in range(24)],
        [(name, [counts.get((day, hour), 0) for hour in range(24)]) for day, name in enumerate(names)],
        sum(counts.values()),
        most,
        names[weekday],
        hour,
    )


def _share(count: int, of: int) -> str:
    return "< 0.1 %" if 0 < 1000 * count < of else percent_text(count / of)


@dataclass(frozen=True, slots=True)
class ChartBar:
    """The bar of one bucket. `beyond`: the number of limits that it exceeds."""

    y: float
    width: float
    label: str
    count: int
    share: str
    verdict: str
    beyond: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """The chart of one clock's lengths in buckets, with the limits between them."""

    row: Row
    bars: Sequence[ChartBar]
    limits: Sequence[ChartMark]
    height: int
    left: int = _BARS_LEFT
    bar: int = _BAR


def lengths(row: Row, words: Mapping[str, str]) -> Lengths:
    """Return the chart of one row of `lengths`."""
    most = max((bucket["count"] for bucket in row["buckets"]), default=0) or 1
    order = [limit["level"] for limit in row["limits"]]
    names = {limit["seconds"]: limit["level"] for limit in row["limits"]}
    bars: list[ChartBar] = []
    limits: list[ChartMark] = []
    for place, bucket in enumerate(row["buckets"]):
        exceeds, to, count = bucket["exceeds"], bucket["to_seconds"], bucket["count"]
        edge = words["at_most" if to else "more_than"]
        bars.append(
            ChartBar(
                place * _STEP + (_STEP - _BAR) / 2,
                _BARS_LONGEST * count / most,
                edge.format(length=length_text(to or bucket["above_seconds"], words)),
                count,
                _share(count, row["stopped"]),
                words["exceeds"].format(level=exceeds) if exceeds else words["within"],
                order.index(exceeds) + 1 if exceeds else 0,
            )
        )
        if to in names:
            text = words["limit"].format(level=names[to], length=length_text(to, words))
            limits.append(ChartMark(WIDTH, (place + 1) * _STEP, text))
    return Lengths(row, bars, limits, len(bars) * _STEP + 4)
