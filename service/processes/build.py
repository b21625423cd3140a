"""What runs here: versions, for the metric `sla_build_info` of every process."""

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

from service.timezones import database_version


def build() -> dict[str, str]:
    """Return the versions of the service, of Python and of the time zones."""
    return {"version": version(), "python": platform.python_version(), "tzdata": database_version()}


def version() -> str:
    """Return the version of the service; 0 when it runs from a checkout."""
    try:
        return version_of("sla-timer")
    except PackageNotFoundError:
        return "0"
