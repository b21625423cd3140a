"""A time zone in a policy or calendar file, by its IANA name."""

import re
from difflib import get_close_matches

from service.policy.place import Place, shown
from service.timezones import zone_names

# Cities that people write, and the zone that holds them.
_HELD_BY = {
    "Asia/Beijing": "Asia/Shanghai",
    "Asia/Shenzhen": "Asia/Shanghai",
    "Asia/Guangzhou": "Asia/Shanghai",
}
_OFFSET = re.compile(r"(?:UTC|GMT)?[+-][0-9]{1,2}(?::?[0-9]{2})?")


def read_zone(place: Place) -> str:
    """Return the name at this place, which must be a time zone's; '' when it is no text."""
    text = place.text()
    if text and text not in zone_names():
        place.wrong(f"{shown(text)} is no IANA time zone; {_hint(text)}")
    return text


def _hint(text: str) -> str:
    if text in _HELD_BY:
        return f"write {_HELD_BY[text]}"
    if _OFFSET.fullmatch(text):
        return "an offset does not say when the clocks shift; write for example Asia/Shanghai"
    near = get_close_matches(text[:64], zone_names(), n=1)
    return f"did you mean {near[0]}?" if near else "write for example Asia/Shanghai"
