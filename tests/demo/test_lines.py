"""Every announcement is one line that people can read."""

from datetime import timedelta, timezone

import pytest

from service.demo.console import HEADING, coloured, line, webhook_line

BEIJING = timezone(timedelta(hours=8))
SEEN_AT = 1_790_000_000_250  # 2026-09-21T14:13:20.250Z
BREACH = {
    "ticket_id": "T-0042",
    "clock": "response",
    "level": "minor",
    "due_at": "2026-09-21T14:13:20.000Z",
    "stopped_at": None,
    "elapsed_seconds": None,
    "overrun_seconds": None,
    "reason": None,
}
ENDED = {"stopped_at": "2026-09-21T14:13:20.200Z", "elapsed_seconds": 3.2}
SETTLED = BREACH | ENDED | {"overrun_seconds": 0.2, "reason": "settled"}
MET = BREACH | ENDED | {"level": None}
RETRACTED = BREACH | {"reason": "late_fact"}


@pytest.mark.parametrize(
    ("event", "data", "shown"),
    [
        ("sla.breached", BREACH, "T-0042 response breached minor 22:13:20.000 250"),
        ("sla.at_risk", BREACH | {"level": "warning"}, "T-0042 response at risk warning 22:13:20.000 250"),
        ("sla.breach_settled", SETTLED, "… breach settled minor 22:13:20.000 50 took 3.2 s, 0.2 s too long"),
        ("sla.met", MET, "… met 22:13:20.000 50 took 3.2 s"),
        ("sla.breach_retracted", RETRACTED, "… breach retracted minor 22:13:20.000 late fact"),
        ("sla.cancelled", MET | {"due_at": None}, "… cancelled 50"),
    ],
)
def test_it_says_ticket_clock_level_due_and_ms_late(event, data, shown):
    words = " ".join(line(event, data, seen_at=SEEN_AT, zone=BEIJING).split())
    assert words == shown.replace("…", "T-0042 response")


def test_the_columns_stand_under_their_heading():
    shown = line("sla.breached", BREACH, seen_at=SEEN_AT, zone=BEIJING)
    assert shown.index("response") == HEADING.index("clock")
    assert shown.index("minor") == HEADING.index("level")
    assert shown.index("22:13:20.000") == HEADING.index("due")
    assert shown.index("250") + len("250") == HEADING.index("ms late") + len("ms late")


def test_the_answer_to_a_webhook_stands_in_the_same_columns():
    shown = webhook_line("H-0001", "answered", "401 Unauthorized", "forged", "not proved")
    assert " ".join(shown.split()) == "H-0001 webhook: answered 401 Unauthorized forged: not proved"
    assert shown.index("webhook") == HEADING.index("clock")
    assert shown.index("401") == HEADING.index("what")
    assert shown.index("forged") == HEADING.index("note")


def test_a_webhook_without_a_note_ends_with_its_answer():
    assert webhook_line("H-0001", "solved", "204 No Content", "", "").endswith("204 No Content")


def test_an_id_steers_no_terminal():
    shown = line("sla.breached", BREACH | {"ticket_id": "T\u202e\x1b[2J1"}, seen_at=SEEN_AT, zone=BEIJING)
    assert shown.startswith("T<U+202E><U+001B>[2J1")
    assert shown.isprintable()


def test_colour_is_around_the_line_only():
    assert coloured("sla.breached", "T-0042") == "\x1b[31mT-0042\x1b[0m"
