"""Converts durations between text (`90s`, `1h30m`, `PT30M`) and milliseconds."""

import re
from fractions import Fraction

LONGEST_MS = 10 * 366 * 24 * 3_600_000  # keeps every due instant within the known years of a calendar

_UNITS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_NUMBER = r"([0-9]{1,12}(?:[.,][0-9]{1,9})?)"
_SHORT = re.compile(rf"(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?")
_ISO = re.compile(rf"PT(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?()")
_DAYS = re.compile(r"p?([0-9]{1,6}) *(d|days?|w|weeks?)( *[0-9].*|t.*)?")
_MONTHS = re.compile(r"(p[0-9]{1,6}[my]|[0-9]{1,6} *(mo|months?|y|years?)).*")


def parse_duration(text: str) -> int:
    """Parse a duration to ms: h, m, s and ms in this order, the last with decimals, or ISO 8601's PT….

    Raises ValueError with a correction, as the rest of a sentence that begins with the text. Days, months and
    years are rejected: in wall time they are not all equally long.
    """
    found = _SHORT.fullmatch(text) or _ISO.fullmatch(text)
    parts = zip(found.groups(), _UNITS.values(), strict=True) if found else ()
    given = [(number.replace(",", "."), unit) for number, unit in parts if number]
    if not given or any("." in number for number, _ in given[:-1]):
        raise ValueError(_hint(text))
    exact = sum(Fraction(number) * unit for number, unit in given)
    if exact != int(exact):
        raise ValueError("is finer than a millisecond")
    if exact > LONGEST_MS:
        raise ValueError(f"is longer than {LONGEST_MS // 3_600_000}h")
    return int(exact)


def duration_text(duration: int) -> str:
    """`duration` (ms, not negative) in the short form that `parse_duration` reads: `1h30m`, `250ms`, `0s`."""
    parts = []
    for unit, length in _UNITS.items():
        count, duration = divmod(duration, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _hint(text: str) -> str:
    wall = "counts wall time in days or more, which are not all equally long; write"
    days = _DAYS.fullmatch(text.lower())
    if days and not days[3]:
        return f"{wall} {int(days[1]) * (24 if days[2].startswith('d') else 168)}h"
    if days or _MONTHS.fullmatch(text.lower()):
        return f"{wall} hours"
    if re.fullmatch(r"[0-9]{1,12}", text):
        return f"has no unit; write {text}ms, {text}s, {text}m or {text}h"
    return "is no duration; write for example 90s, 30m, 1h30m or PT30M"
