"""An announcement, or the answer to a webhook, as one line of text for a terminal."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from schemas.instant import milliseconds
from schemas.instant import read as read_instant
from service.text.visible import visible

HEADING = f"{'ticket':8}{'clock':22}{'what':18}{'level':9}{'due':14}{'ms late':>8}  note"
SETTLED = "settled"  # the reason of a breach that has ended: no news but its end
COLOURS = {  # ANSI: red, yellow, green, cyan, grey, blue
    "breached": 31,
    "at risk": 33,
    "met": 32,
    "breach retracted": 36,
    "corrected": 36,
    "cancelled": 90,
    "webhook": 34,
}


def line(type: str, data: Mapping[str, Any], *, seen_at: int, zone: tzinfo | None = None) -> str:
    """Return the line of an event out that was read at `seen_at` (ms).

    Times of day are in `zone`, by default the machine's. The column `ms late`: ms to `seen_at` from the
    instant that decides, which is the deadline or the end of the clock.
    """
    what = words(type)
    decided = data["due_at"] if what in ("breached", "at risk") else data["stopped_at"]
    is_late_news = data["reason"] not in (None, SETTLED)
    late = "" if decided is None or is_late_news else str(seen_at - milliseconds(read_instant(decided)))
    due = _time_of_day(data["due_at"], zone) if data["due_at"] else ""
    return (
        f"{visible(data['ticket_id']):8}{visible(data['clock']):22}{visible(what):18}"
        f"{visible(data['level'] or ''):9}{due:14}{late:>8}  {visible(_note(what, data))}"
    ).rstrip()


def webhook_line(ticket: str, event: str, answer: str, *notes: str) -> str:
    """Return the line of a webhook that was answered, such as with `204 No Content`."""
    note = ": ".join(filter(None, notes))
    return (
        f"{visible(ticket):8}{visible(f'webhook: {event}'):22}{visible(answer):49}  {visible(note)}".rstrip()
    )


def coloured(type: str, text: str) -> str:
    """Return the line in the colour of its event, for a terminal."""
    code = COLOURS.get(words(type))
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def words(type: str) -> str:
    """Return the type of an event out in words, such as `at risk`."""
    return type.removeprefix("sla.").replace("_", " ")


def _time_of_day(instant: str, zone: tzinfo | None) -> str:
    return read_instant(instant).astimezone(zone).isoformat(timespec="milliseconds")[11:23]


def _note(what: str, data: Mapping[str, Any]) -> str:
    if data["reason"] not in (None, SETTLED):
        return str(data["reason"]).replace("_", " ")
    if what == "breach settled":
        return f"took {data['elapsed_seconds']:.1f} s, {data['overrun_seconds']:.1f} s too long"
    if what == "met":
        return f"took {data['elapsed_seconds']:.1f} s"
    return ""
