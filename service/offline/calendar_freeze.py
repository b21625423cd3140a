"""`calendar freeze`: writes official days into a calendar file, in place of its days of the same years."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TextIO

from service.errors import RefusalError
from service.offline.official_days import OfficialDays
from service.policy.calendar_file import read_calendar
from service.policy.document import NotReadError, YamlNode, read_document
from service.policy.place import BadPolicies, Problem
from service.text.visible import visible
from service.whole_file import whole_file

_FROZEN = ("holidays", "working_days", "official")


def freeze(days: OfficialDays, path: Path | None, weekday: str, out: TextIO) -> int:
    """Write the days into the file, or to `out` without a file. Return the exit code. Raises RefusalError.

    Make-up days work as `weekday` (`mon` … `sun`), as the official notices name no weekday. Days of other
    years stay in the file. The file is written only when the result is a valid calendar.
    """
    if path is None:
        out.writelines(_lines(days, {}, {}, days.years, weekday))
        return 0
    try:
        raw = path.read_bytes()
        root = read_document(raw)
        text = _frozen(raw.decode("utf-8-sig"), root, days, weekday)
        read_calendar(str(path), text.encode(), path.stem)
    except OSError as error:
        raise RefusalError(f"{path}: {error.strerror}") from None
    except NotReadError as error:
        raise BadPolicies([Problem(str(path), error.line, error.field, error.reason)]) from None
    with whole_file(path) as file:
        file.write(text.encode())
    years = ", ".join(map(str, days.years))
    found = f"{len(days.holidays)} holidays, {len(days.working_days)} make-up days of {years}"
    print(visible(f"{path}: {found}"), file=out)
    return 0


def _frozen(text: str, root: YamlNode, days: OfficialDays, weekday: str) -> str:
    """Return the file's text with the three fields rewritten, where the first of them stood or at the end."""
    fields = root.value if isinstance(root.value, dict) else {}
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    starts = sorted(field.line for field in fields.values())
    if len(set(starts)) < len(starts) or not re.match(r"[A-Za-z]", lines[starts[0] - 1] if starts else ""):
        raise RefusalError("the file must have each of its fields on lines of its own")
    spans = [_span(fields[name].line, starts, lines) for name in _FROZEN if name in fields]
    years = sorted({*days.years, *_official_years(fields)})
    holidays = _kept_holidays(fields, days, lines)
    new = list(_lines(days, holidays, _kept_working_days(fields, days), years, weekday))
    at = min((span.start for span in spans), default=len(lines))
    gone = {index for span in spans for index in span}
    before = [line for index, line in enumerate(lines) if index < at and index not in gone]
    after = [line for index, line in enumerate(lines) if index >= at and index not in gone]
    return "".join(before + new + after)


def _span(line: int, starts: list[int], lines: list[str]) -> range:
    """Return the indexes of a field's lines, without the comments before the next field."""
    end = next((start for start in starts if start > line), len(lines) + 1) - 1
    while end > line and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return range(line - 1, end)


def _official_years(fields: Mapping[str, YamlNode]) -> set[int]:
    official = fields["official"].value if "official" in fields else None
    years = official.get("years") if isinstance(official, dict) else None
    items = years.value if years and isinstance(years.value, list) else []
    return {int(item.value) for item in items if isinstance(item.value, str) and item.value.isdigit()}


def _kept_holidays(fields: Mapping[str, YamlNode], days: OfficialDays, lines: list[str]) -> dict[str, str]:
    """Return the holidays of other years, with the comment behind each."""
    listed = fields["holidays"].value if "holidays" in fields else None
    items = listed if isinstance(listed, list) else []
    texts = [(item.value, item.line) for item in items if isinstance(item.value, str)]
    kept = {}
    for text, line in texts:
        if not _is_of(text, days):
            comment = re.fullmatch(r"\s*- \S+\s+#\s*(.*)\n", lines[line - 1])
            kept[text] = comment[1] if comment else ""
    return kept


def _kept_working_days(fields: Mapping[str, YamlNode], days: OfficialDays) -> dict[str, str]:
    listed = fields["working_days"].value if "working_days" in fields else None
    items = listed.items() if isinstance(listed, dict) else ()
    return {key: node.value for key, node in items if isinstance(node.value, str) and not _is_of(key, days)}


def _is_of(text: str, days: OfficialDays) -> bool:
    return text[:4] in map(str, days.years)


def _lines(
    days: OfficialDays,
    holidays: Mapping[str, str],
    working_days: Mapping[str, str],
    years: "list[int] | tuple[int, ...]",
    weekday: str,
) -> Iterator[str]:
    named = {**holidays, **{_written(day): name for day, name in days.holidays.items()}}
    works = {**working_days, **{_written(day): weekday for day in days.working_days}}
    yield f"holidays:  # official days from {days.source}; weekend days of a break are closed by the week\n"
    yield from (f"  - {day}  # {named[day]}\n" if named[day] else f"  - {day}\n" for day in sorted(named))
    yield "working_days:  # make-up days: each works as that day of the week\n"
    yield from (f"  {day}: {works[day]}\n" for day in sorted(works))
    yield f"official: {{country: {days.country}, years: [{', '.join(map(str, years))}]}}\n"


def _written(day: date) -> str:
    return day.isoformat()
