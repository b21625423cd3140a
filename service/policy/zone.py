"""A time zone in a policy or calendar file, by its IANA name."""

import re
from difflib import get_close_matches

from service.strict_yaml.place import Place, shown
from service.timezones import zone_names

# Cities that people write, and the zone that holds them.
_HELD_BY = {
    "Asia/Beijing": "Asia/Shanghai",
    "Asia/Shenzhen": "Asia/Shanghai",
    "Asia/Guangzhou": "Asia/Shanghai",
}
# Abbreviations that people write, and the zones that they may mean. EST, HST and MST are IANA names, too.
_MEANT_BY = {
    "ACST": ("Australia/Adelaide",),
    "AEDT": ("Australia/Sydney",),
    "AEST": ("Australia/Sydney", "Australia/Brisbane"),
    "AST": ("America/Halifax", "Asia/Riyadh"),
    "AWST": ("Australia/Perth",),
    "BST": ("Europe/London", "Asia/Dhaka"),
    "CDT": ("America/Chicago", "America/Havana"),
    "CEST": ("Europe/Berlin", "Europe/Paris"),
    "CST": ("Asia/Shanghai", "America/Chicago"),
    "EDT": ("America/New_York",),
    "EEST": ("Europe/Athens", "Europe/Kyiv"),
    "EST": ("America/New_York", "America/Panama"),
    "GST": ("Asia/Dubai",),
    "HKT": ("Asia/Hong_Kong",),
    "HST": ("Pacific/Honolulu",),
    "IST": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "JST": ("Asia/Tokyo",),
    "KST": ("Asia/Seoul",),
    "MDT": ("America/Denver",),
    "MSK": ("Europe/Moscow",),
    "MST": ("America/Denver", "America/Phoenix"),
    "NZDT": ("Pacific/Auckland",),
    "NZST": ("Pacific/Auckland",),
    "PDT": ("America/Los_Angeles",),
    "PST": ("America/Los_Angeles", "Asia/Manila"),
    "SGT": ("Asia/Singapore",),
    "WEST": ("Europe/Lisbon",),
}
_OFFSET = re.compile(r"(?:UTC|GMT)?[+-][0-9]{1,2}(?::?[0-9]{2})?")
_ABBREVIATION = re.compile(r"[A-Z]{2,5}")


def read_zone(place: Place) -> str:
    """Return the name at this place, which must be a time zone's; '' when it is no text."""
    text = place.text()
    if text and text not in zone_names():
        place.wrong(f"{shown(text)} is no IANA time zone; {_hint(text)}")
    return text


def _hint(text: str) -> str:
    if text in _HELD_BY:
        return f"write {_HELD_BY[text]}"
    if meant := _MEANT_BY.get(text.upper()):
        why = f"{text} is ambiguous" if len(meant) > 1 else "an abbreviation names no place"
        return f"{why}: write {' or '.join(meant)}"
    if _OFFSET.fullmatch(text):
        return "an offset does not say when the clocks shift; write for example Asia/Shanghai"
    if same := next((name for name in zone_names() if name.lower() == text.lower()), None):
        return f"did you mean {same}?"
    if _ABBREVIATION.fullmatch(text):
        return "an abbreviation names no place: write for example Asia/Shanghai"
    near = get_close_matches(text[:64], zone_names(), n=1)
    return f"did you mean {near[0]}?" if near else "write for example Asia/Shanghai"
