"""What was measured: figures with their spread, as a table for people and as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One figure of a row, once for each run."""

    name: str
    unit: str
    values: Sequence[float]
    bar: str = ""  # what was asked for: `≥ 1.2`, `≤ 100`

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the bar; None without one."""
        if not self.bar:
            return None
        sign, number = self.bar.split()
        return self.median >= float(number) if sign == "≥" else self.median <= float(number)


def ratio(name: str, above: Figure, below: Figure, bar: str = "") -> Figure:
    """Run by run, so that what slows the machine down slows both."""
    pairs = zip(above.values, below.values, strict=True)
    return Figure(name, "×", [one / other for one, other in pairs], bar)


def shown(number: float) -> str:
    """Three digits that count: `31,400`, `12.3`, `0.56`."""
    if abs(number) >= 999.5:
        return f"{round(number, -len(str(int(abs(number)))) + 3):,.0f}"
    return f"{number:.3g}"


def table(row: str, figures: Iterable[Figure]) -> str:
    """The figures as lines of text."""
    lines = []
    for figure in figures:
        spread = f"({shown(min(figure.values))} … {shown(max(figure.values))})" if figure.values[1:] else ""
        verdict = {None: "", True: "yes", False: "NO"}[figure.met]
        lines.append(
            f"{row:12} {figure.name:58} {shown(figure.median):>9} {figure.unit:9} {spread:22} "
            f"{figure.bar:>8} {verdict}".rstrip()
        )
    return "\n".join(lines)


def save(directory: Path, row: str, figures: Iterable[Figure], machine: dict[str, Any]) -> Path:
    """Writes build/bench/ROW.json."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{row}.json"
    found = [
        {
            "name": figure.name,
            "unit": figure.unit,
            "values": list(figure.values),
            "median": figure.median,
            "bar": figure.bar or None,
            "met": figure.met,
        }
        for figure in figures
    ]
    file.write_text(
        json.dumps({"row": row, "machine": machine, "figures": found}, indent=1, ensure_ascii=False)
    )
    return file
