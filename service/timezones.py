"""The time zones that calendars compute with: those of the tzdata package, whatever the machine has.

So the version is pinned with the code, the same on every machine, and the one told beside a publication.
"""

from functools import cache
from importlib import import_module
from importlib.resources import files
from zoneinfo import ZoneInfo


def database_version() -> str:
    """For example `2026b`."""
    return str(import_module("tzdata").IANA_VERSION)


@cache
def zone_names() -> tuple[str, ...]:
    """Every name that `zone` knows."""
    return tuple(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone with this IANA name. Raises KeyError when there is none."""
    if name not in zone_names():
        raise KeyError(name)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
