"""Words for telling what a report says of a file."""

import io
import json
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from service.report.from_file import from_file
from service.report.request import Asked, Range, Zones
from service.sla.calendar.local_days import LocalDays
from service.sla.calendar.working_hours import WorkingTime
from service.sla.policy import Policies
from tests.sla.stories import LETTER

EVERYTHING = Range()
AUCKLAND = WorkingTime(LocalDays("auckland", ZoneInfo("Pacific/Auckland"), (((0, 86_400),),) * 7))
BEIJING = timezone(timedelta(hours=8))


def event(ticket: str, word: str, time: str, id: str, tenant: str = "default", **data: Any) -> str:
    """One line of a file. `time` is `03-02T09:00` of 2026, in UTC."""
    if word == "received":
        data = {"customer_id": "c1", "channel": "phone"} | data
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id,
            "source": "/desk",
            "type": f"complaint.{word}",
            "subject": ticket,
            "time": f"2026-{time}:00Z",
            "tenant": tenant,
            "data": data,
        }
    )


def reported(
    *lines: str,
    policies: Policies = LETTER,
    zone: tzinfo = UTC,
    range: Range = EVERYTHING,
    by: str = "day",
    tenant: str | None = None,
    until: int | None = None,
) -> dict[str, Any]:
    """The document of these lines."""
    asked = Asked(Zones(zone, {}), by, range, tenant, until)
    raw, err = "".join(line + "\n" for line in lines).encode(), io.StringIO()
    document, code = from_file("-", asked, policies, mapping=None, stdin=io.BytesIO(raw), err=err)
    is_unjudged = document["report"]["unjudged"] is not None
    assert (code, err.getvalue()) == (int(is_unjudged), "")
    return document


def counts(rows: list[dict[str, Any]], *fields: str) -> dict[Any, tuple[int, int]]:
    """Met and breached by these fields, where there are any."""
    return {
        tuple(row[field] for field in fields): (row["met"], row["breached"])
        for row in rows
        if row["met"] or row["breached"]
    }


# Three tickets of two tenants and two customers, 2 and 3 March 2026.
HISTORY = (
    # answered after 20 minutes, solved after 3 hours: minor breach of the resolution at 11:00
    event("T1", "received", "03-02T09:00", "a"),
    event("T1", "response_started", "03-02T09:20", "b"),
    event("T1", "feedback_delivered", "03-02T12:00", "c"),
    event("T1", "satisfaction_submitted", "03-02T13:00", "d", score=2),
    # answered after 2 hours: both levels of the response, at 18:00 and 18:30; solved within 2 hours
    event("T2", "received", "03-02T17:30", "e", customer_id="c2"),
    event("T2", "feedback_delivered", "03-02T19:30", "f"),
    event("T2", "satisfaction_submitted", "03-03T08:00", "g", score=5),
    # of another tenant; answered at once, withdrawn before its two hours were up
    event("T3", "received", "03-03T10:00", "h", tenant="acme", customer_id="c3"),
    event("T3", "response_started", "03-03T10:00", "i", tenant="acme"),
    event("T3", "withdrawn", "03-03T11:00", "j", tenant="acme"),
)
