"""The time zones of calendars, from the tzdata package and not from the machine.

So the version is pinned with the code, the same on every machine, and the version named in a publication.
"""

from datetime import datetime, tzinfo
from functools import cache
from importlib import import_module
from importlib.resources import files
from zoneinfo import ZoneInfo


def database_version() -> str:
    """Return the version of the time zone database, such as `2026b`."""
    return str(import_module("tzdata").IANA_VERSION)


@cache
def zone_names() -> tuple[str, ...]:
    """Return every name that `zone` knows."""
    return tuple(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@cache
def zone(name: str) -> ZoneInfo:
    """Return the time zone with this IANA name. Raises KeyError when there is none."""
    if name not in zone_names():
        raise KeyError(name)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def zone_or_offset(text: str) -> tzinfo:
    """Return the time zone with this IANA name, or with this offset, such as `+08:00`. Raises KeyError."""
    if text[:1] in ("+", "-"):
        zoned = datetime.fromisoformat(f"2000-01-01T00:00:00{text}")
        assert zoned.tzinfo is not None
        return zoned.tzinfo
    return zone(text)
