"""Instants from the times of an export. These often have no offset."""

from datetime import datetime

from schemas.instant import milliseconds
from service.offline.csv_import.mapping import ISO, Time
from service.timezones import zone


def instant(text: str, time: Time) -> int:
    """Return the instant that `text` names, in ms. Raises ValueError with the expected form.

    A local time that exists twice means the first of both. A local time that does not exist moves forward by
    the gap. The offset from before the change gives both, and `fold=0` means that offset.
    """
    try:
        read = _read(text, time.format)
    except ValueError:
        wanted = "an ISO 8601 date and time" if time.format == ISO else f"a time as {time.format}"
        raise ValueError(f"is not {wanted}") from None
    if read.tzinfo is None:
        if time.zone is None:
            raise ValueError("has no offset, and the mapping names no zone")
        read = read.replace(tzinfo=zone(time.zone), fold=0)
    try:
        return milliseconds(read)
    except OverflowError:
        raise ValueError("is outside the years that can be handled") from None


def _read(text: str, form: str) -> datetime:
    if form == ISO:
        return datetime.fromisoformat(text)
    return datetime.strptime(text, form)  # noqa: DTZ007 (the zone is the mapping's)
