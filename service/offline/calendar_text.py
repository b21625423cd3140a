"""The text of a calendar file, and the same text with a year of official days in it.

Every line that is there stays as it is, in its place: lines are put in, and only `official` is changed. A
list that is written on one line, [like, this], becomes one of a day a line first.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from service.policy.bad_policies import BadPolicies
from service.strict_yaml.document import YamlNode, read_document
from service.strict_yaml.place import Problem

_FROZEN = ("holidays", "working_days", "official")
_YEARS = re.compile(r"(\byears:\s*\[)[^\]#]*\]")
_ON_ONE_LINE = re.compile(r"[^:]*:(?>\s+|#.*)*+[\[{]")  # a field whose value is [like, this] or {like: this}
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class YearOfDays:
    """What a year adds to a calendar file."""

    year: int
    country: str
    source: str  # what the comment above the days says of them
    holidays: Mapping[date, str]  # date to name
    working_days: Mapping[date, str]  # make-up day to the weekday whose hours it has

    def lines(self, field: str) -> list[str]:
        """Return the year's lines of `holidays` or `working_days`, without indent and line end."""
        if field == "holidays":
            days = [
                f"- {day}  # {name}" if name else f"- {day}" for day, name in sorted(self.holidays.items())
            ]
            return [f"# {self.year}: official days from {self.source}", *days] if days else []
        days = [f"{day}: {weekday}" for day, weekday in sorted(self.working_days.items())]
        return [f"# {self.year}: make-up days; each works as that day of the week", *days] if days else []


def written_years(years: Sequence[YearOfDays]) -> str:
    """Return the three fields of a calendar file that has these years only."""
    text = ""
    for field in _FROZEN[:2]:
        lines = [line for year in years for line in year.lines(field)]
        text += "".join(f"{line}\n" for line in (f"{field}:", *(_INDENT + line for line in lines)) if lines)
    return text + _official(years[0].country, [year.year for year in years]) + "\n"


def with_year(file: str, text: str, added: YearOfDays) -> str:
    """Return the text of a calendar file with a year added. `file`: its path. Raises BadPolicies."""
    for field in _FROZEN[:2]:
        if lines := added.lines(field):
            text = _Lines(file, text).with_days(field, lines, added.year)
    return _Lines(file, text).with_official(added.country, added.year)


def official_years(root: YamlNode) -> list[int]:
    """Return the years in `official` of a valid calendar file."""
    official = root.value.get("official") if isinstance(root.value, dict) else None
    years = official.value.get("years") if official and isinstance(official.value, dict) else None
    return sorted(int(text) for text, _ in _items(years))


class _Lines:
    """The lines of a calendar file, and its fields."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines(keepends=True)
        self.end = "\r\n" if "\r\n" in text else "\n"
        if self.lines and not self.lines[-1].endswith("\n"):
            self.lines[-1] += self.end
        self.root = read_document(text.encode())
        self.fields = self.root.value if isinstance(self.root.value, dict) else {}
        starts = sorted(field.line for field in self.fields.values())
        if len(set(starts)) < len(starts) or not re.match(
            r"[A-Za-z]", self.lines[starts[0] - 1] if starts else ""
        ):
            raise BadPolicies([Problem(file, None, None, "must have each of its fields on lines of its own")])

    def with_days(self, field: str, added: Sequence[str], year: int) -> str:
        """Return the text with the lines of a year put into `field`, before those of later years."""
        if field not in self.fields:
            at = self._place_of(field)
            return self._put(at, at, [f"{field}:", *(_INDENT + line for line in added)])
        node, span = self.fields[field], self._span(field)
        if _ON_ONE_LINE.match("".join(self.lines[span.start : span.stop])):
            opened = self._put(span.start, span.stop, list(self._opened(field, span)))
            return _Lines(self.file, opened).with_days(field, added, year)
        items = _items(node)
        later = next((line for text, line in items if _year_of(text) > year), None)
        at = self._above(later - 1, span.start + 1) if later else span.stop
        first = self.lines[items[0][1] - 1] if items else _INDENT
        indent = first[: len(first) - len(first.lstrip())]
        return self._put(at, at, [indent + line for line in added])

    def with_official(self, country: str, year: int) -> str:
        """Return the text with the year among those of `official`."""
        years = sorted({*official_years(self.root), year})
        if "official" not in self.fields:
            at = self._place_of("official")
            return self._put(at, at, [_official(country, years)])
        span = self._span("official")
        before = "".join(self.lines[span.start : span.stop])
        after, changes = _YEARS.subn(rf"\g<1>{', '.join(map(str, years))}]", before)
        if changes != 1:
            self._refuse_comments("official", span)
            return self._put(span.start, span.stop, [_official(country, years)])
        return "".join([*self.lines[: span.start], after, *self.lines[span.stop :]])

    def _put(self, start: int, stop: int, lines: Sequence[str]) -> str:
        new = (line + self.end for line in lines)
        return "".join([*self.lines[:start], *new, *self.lines[stop:]])

    def _place_of(self, field: str) -> int:
        """Return the index where an absent field begins: behind those before it, else before those after."""
        number = _FROZEN.index(field)
        for other in reversed(_FROZEN[:number]):
            if other in self.fields:
                return self._span(other).stop
        for other in _FROZEN[number + 1 :]:
            if other in self.fields:
                return self._above(self.fields[other].line - 1, 0)
        return len(self.lines)

    def _span(self, field: str) -> range:
        """Return the indexes of a field's lines, without the comments before the next field."""
        line = self.fields[field].line
        later = (other.line for other in self.fields.values() if other.line > line)
        end = min(later, default=len(self.lines) + 1) - 1
        while end > line and (not self.lines[end - 1].strip() or self.lines[end - 1].startswith("#")):
            end -= 1
        return range(line - 1, end)

    def _above(self, index: int, least: int) -> int:
        """Return the index of the first of the comments right above a line."""
        while index > least and self.lines[index - 1].lstrip().startswith("#"):
            index -= 1
        return index

    def _opened(self, field: str, span: range) -> Iterator[str]:
        """Yield the lines of a field whose list or mapping stood on one line, [like, this]."""
        self._refuse_comments(field, span)
        node = self.fields[field]
        yield f"{field}:"
        if isinstance(node.value, list):
            yield from (f"{_INDENT}- {item.value}" for item in node.value)
        elif isinstance(node.value, dict):
            yield from (f"{_INDENT}{day}: {item.value}" for day, item in node.value.items())

    def _refuse_comments(self, field: str, span: range) -> None:
        """Refuse to write a field anew that has comments. Raises BadPolicies."""
        if any("#" in self.lines[index] for index in span):
            reason = "has a comment that would be lost; write it on the line above the field"
            raise BadPolicies([Problem(self.file, self.fields[field].line, field, reason)])


def _items(node: YamlNode | None) -> list[tuple[str, int]]:
    """Return the items of a list, or the names of a mapping, as the file writes them, and their lines."""
    if node is None or isinstance(node.value, str | None):
        return []
    if isinstance(node.value, dict):
        return [(day, item.line) for day, item in node.value.items()]
    return [(item.value, item.line) for item in node.value if isinstance(item.value, str)]


def _year_of(text: str) -> int:
    """Return the year of a date or range; 0 for a day of every year."""
    return int(text[:4]) if re.match(r"[0-9]{4}-", text) else 0


def _official(country: str, years: Sequence[int]) -> str:
    return f"official: {{country: {country}, years: [{', '.join(map(str, years))}]}}"
