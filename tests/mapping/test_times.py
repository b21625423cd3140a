"""Instants as help desks write them."""

from typing import Any

import pytest

from service.mapping.mapped import UnmappableError
from tests.mapping.small import mapped

SHANGHAI = {"zone": "Asia/Shanghai"}
NINE = "2026-03-02T01:00:00.000Z"  # nine o'clock in Shanghai


def time_of(said: Any, at: Any, **body: Any) -> str | None:
    events = mapped({"time": said}, {"at": at, **body}).events
    return events[0]["time"] if events else None


def read(**more: Any) -> dict[str, Any]:
    return {"read": "at", **more}


@pytest.mark.parametrize(
    ("said", "at", "instant"),
    [
        ("at", "2026-03-02T09:00:00+08:00", NINE),
        ("at", "2026-03-02T09:00:00.000+0800", NINE),
        ("at", "2026-03-02T09:00:00+08", NINE),
        ("at", "2026-03-02 01:00:00Z", NINE),
        ("at", "2026-03-02t01:00:00z", NINE),
        ("at", "2026-03-02T01:00Z", NINE),
        ("at", "2026-03-02T01:00:00.123456789Z", "2026-03-02T01:00:00.123Z"),
        ("at", "2026-03-02T01:00:00.9999Z", "2026-03-02T01:00:00.999Z"),
        (read(**SHANGHAI), "2026-03-02 09:00:00", NINE),
        (read(**SHANGHAI), "2026-03-02T01:00:00Z", NINE),  # an offset counts before the zone
        (read(zone="+08:00"), "2026-03-02T09:00:00", NINE),
        (read(zone="Europe/Rome"), "2026-10-25T02:30:00", "2026-10-25T00:30:00.000Z"),  # twice: the first
        (read(zone="Europe/Rome"), "2026-03-29T02:30:00", "2026-03-29T01:30:00.000Z"),  # never: moves forward
        (read(format="%d.%m.%Y %H:%M", **SHANGHAI), "02.03.2026 09:00", NINE),
        (read(format="%d/%b/%Y %I:%M %p", **SHANGHAI), "02/Mar/2026 09:00 AM", NINE),
        (read(format="%Y-%m-%d %H:%M:%S %z"), "2026-03-02 09:00:00 +0800", NINE),
        (read(format="%Y-%m-%d %H:%M:%S %Z"), "2026-03-02 01:00:00 UTC", NINE),
        (read(format="%Y-%m-%d %H:%M:%S %Z"), "2026-03-02 01:00:00 GMT", NINE),
        (read(format="%Y-%m-%d %H:%M:%S %Z"), "2026-03-02 09:00:00 Asia/Shanghai", NINE),
        (read(format="%Y-%m-%d %H:%M:%S %Z"), "2026-03-02 09:00:00 +08:00", NINE),
        (read(format="%H:%M %d.%m.%Y%Z"), "09:00 02.03.2026+0800", NINE),
        (read(format="unix_s"), 1772413200, NINE),
        (read(format="unix_s"), "1772413200", NINE),
        (read(format="unix_s"), 1772413200.123, "2026-03-02T01:00:00.123Z"),
        (read(format="unix_s"), 1772413200.9999, "2026-03-02T01:00:00.999Z"),
        (read(format="unix_ms"), 1772413200123, "2026-03-02T01:00:00.123Z"),
        (read(format="excel", **SHANGHAI), "46083.375", NINE),
        (read(format="excel", **SHANGHAI), 46083.375, NINE),
        (read(format=["%d.%m.%Y %H:%M", "rfc3339"], **SHANGHAI), "02.03.2026 09:00", NINE),
        (read(format=["%d.%m.%Y %H:%M", "rfc3339"], **SHANGHAI), "2026-03-02T01:00:00Z", NINE),
        (read(format=["%d/%m/%Y", "%d/%m/%Y %H:%M"], date_at="09:00", **SHANGHAI), "02/03/2026", NINE),
        (read(format=["%d/%m/%Y", "%d/%m/%Y %H:%M"], date_at="24:00", **SHANGHAI), "02/03/2026 09:00", NINE),
        (read(format="%d/%m/%Y", date_at="24:00", zone="+00:00"), "01/03/2026", "2026-03-02T00:00:00.000Z"),
        (read(date_at="09:00", **SHANGHAI), "2026-03-02", NINE),
        (read(cut="s"), "2026-03-02T01:00:00.999Z", NINE),
        (read(cut="min"), "2026-03-02T01:00:59.999Z", NINE),
        (read(none=["0001-01-01T00:00:00Z"]), "0001-01-01T00:00:00Z", None),
        (read(none=["0", None], format="unix_s"), 0, None),
        (read(none=[None]), None, None),
        (read(none=[None]), "", None),
        (read(plus={"minutes": "after"}), "2026-03-02T00:00:00Z", NINE),
        ("[missing, at] | [?@] | [0]", "2026-03-02T01:00:00Z", NINE),
        ({"read": ["missing", "starts_with(missing, 'a')", "at"]}, "2026-03-02T01:00:00Z", NINE),
        ("join(' ', [day, at])", "09:00:00+0800", NINE),
    ],
)
def test_a_time_that_can_be_read(said: Any, at: Any, instant: str | None) -> None:
    assert time_of(said, at, after=60, day="2026-03-02") == instant


@pytest.mark.parametrize(
    ("said", "at", "reason"),
    [
        ("at", None, "is missing"),
        ("at", "", "is missing"),
        ("at", ["2026"], "is no text or number"),
        ("at", True, "is no text or number"),
        ("at", "2026-03-02T09:00:00", "has no offset, and no zone says which it is"),
        ("at", "2026-03-02", "is a date without a time, and no date_at says when"),
        (read(**SHANGHAI), "2026-03-02", "is a date without a time, and no date_at says when"),
        ("at", "2026-02-30T09:00:00Z", "is not a date and time such as"),
        ("at", "2026-03-02T24:00:01Z", "is not a date and time such as"),
        ("at", "2026-03-02T09:00:60Z", "is not a date and time such as"),
        ("at", 1772413200, "is not a date and time such as"),
        ("at", "0001-01-01T00:00:00+08:00", "is outside the years that can be handled|is before 2000"),
        ("at", "9999-12-31T23:59:59-08:00", "is outside the years that can be handled"),
        ("at", "1999-12-31T23:59:59Z", "is before 2000"),
        (read(format="unix_s"), "1" * 20, "is not a number of seconds"),
        (read(format="unix_s"), 1772413200123, "is not a number of seconds"),
        (read(format="unix_s"), "soon", "is not a number of seconds since 1970"),
        (read(format="unix_s"), 1e400, "is no text or number"),
        (read(format="excel"), 46083.375, "has no offset"),
        (read(format="excel", **SHANGHAI), 60, "is not a serial number"),
        (read(format="%d.%m.%Y %H:%M"), "2.3.2026", "is not %d.%m.%Y %H:%M"),
        (read(format="%Y-%m-%d %H:%M:%S %Z"), "2026-03-02 01:00:00 CST", "is not %Y-%m-%d %H:%M:%S %Z"),
        (read(format="%Y-%m-%d %H:%M:%S %Z"), "2026-03-02 01:00:00 EST", "is not %Y-%m-%d %H:%M:%S %Z"),
        (read(format="%Y-%m-%d %H:%M:%S %Z"), "2026-03-02 01:00:00", "is not %Y-%m-%d %H:%M:%S %Z"),
        (
            read(format=["unix_s", "%d.%m.%Y %H:%M"]),
            "x",
            "of seconds since 1970 or %d.%m.%Y %H:%M",
        ),
        (read(plus={"minutes": "missing"}), "2026-03-02T00:00:00Z", "missing is missing"),
        (read(plus={"minutes": "t"}), "2026-03-02T00:00:00Z", "t is no number"),
        ("join(' ', [day, at])", None, "meets a value of a type that it cannot read"),
    ],
)
def test_a_time_that_cannot_be_read_is_an_error_and_never_guessed(said: Any, at: Any, reason: str) -> None:
    with pytest.raises(UnmappableError, match=reason) as error:
        time_of(said, at, day="2026-03-02")
    assert error.value.field == "time"
    assert not isinstance(at, str) or len(at) < 5 or at not in str(error.value)
