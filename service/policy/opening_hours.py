"""The open windows of a day as a calendar file writes them: [["09:00", "12:00"], ["13:00", "24:00"]]."""

import re
from itertools import pairwise

from service.sla.calendar.local_days import Windows
from service.strict_yaml.place import Place, shown

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?|24:00(?::00)?")
_MIDNIGHT_SECONDS = 86_400


def read_windows(place: Place) -> Windows:
    """Return the windows of one weekday, in order, in seconds of the day. An empty list: closed."""
    windows = [(window, item) for item in place.items() if (window := _window(item))]
    windows.sort(key=lambda found: found[0])
    for ((_, before), earlier), ((since, _), later) in pairwise(windows):
        if since < before:
            later.wrong(f"overlaps {_shown(earlier)}; join them or move one")
    return tuple(window for window, _ in windows)


def _window(place: Place) -> tuple[int, int] | None:
    items = place.items()
    if len(items) != 2:
        if items or place.node.value == []:
            place.wrong('must have a begin and an end, ["09:00", "17:00"]')
        return None
    since, to = (item.read(_seconds, -1) for item in items)
    if since < 0 or to < 0:
        return None
    if wrong := _wrong(since, to):
        place.wrong(f"{_shown(place)} {wrong}")
        return None
    return since, to


def _wrong(since: int, to: int) -> str | None:
    if to == 0:
        return "ends before it begins; the end of a day is 24:00"
    if _MIDNIGHT_SECONDS - 60 <= to < _MIDNIGHT_SECONDS:
        return "would leave out the last moments of the day; the end of a day is 24:00"
    if since == to:
        return "is empty; leave it out, or write 00:00 to 24:00 for the whole day"
    if since > to:
        return "ends before it begins; over midnight it takes two, until 24:00 and from 00:00 on the next day"
    return None


def _seconds(text: str) -> int:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError("is no time of day; write for example 09:00, or 24:00 for its end")
    if found[1] is None:
        return _MIDNIGHT_SECONDS
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3] or 0)


def _shown(place: Place) -> str:
    since, to = (item.text() for item in place.items())
    return f"{shown(since)} to {shown(to)}"
