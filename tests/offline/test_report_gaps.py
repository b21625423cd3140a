"""What a report says of what it does not judge: in its head, as text, and for programs."""

import io
from datetime import UTC

import pytest

from service.report.from_file import from_file
from service.report.html import page
from service.report.request import Asked, Zones
from service.report.table import table
from service.sla.policy import Policies
from tests.offline.reports import EVERYTHING, event
from tests.sla.stories import LETTER

GOOD, OTHER = event("T1", "received", "03-02T09:00", "a"), event("T2", "received", "03-02T10:00", "a")
BAD = event("T1", "response_started", "03-02T09:10", "b", by="a bird")


def reported(*lines: str, policies: Policies = LETTER, partial: bool = False) -> tuple[dict, int]:
    asked = Asked(Zones(UTC, {}), "day", EVERYTHING, None, None)
    raw = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
    return from_file("-", asked, policies, mapping=None, partial=partial, stdin=raw, err=io.StringIO())


@pytest.mark.parametrize(
    ("partial", "tickets", "said"),
    [
        (False, 1, "Not judged, for 1 unreadable lines: tickets 1"),
        (True, 2, "Judged without 1 unreadable lines: tickets 1"),
    ],
)
def test_a_ticket_with_an_unreadable_line_is_told_everywhere(partial: bool, tickets: int, said: str) -> None:
    document, code = reported(GOOD, BAD, OTHER, "{", partial=partial)
    assert code == 1
    head = document["report"]
    assert head["tickets"] == tickets
    assert head["unreadable"] == {
        "tickets": 1,
        "lines": 1,
        "lines_without_ticket": 1,
        "judged": partial,
    }
    nobodys = "Unreadable lines without a ticket: 1; any ticket may lack them"
    for form in ("\n".join(table(document, "en")), page(document, "en")):
        assert said in form
        assert nobodys in form
    assert "无法读取" in "\n".join(table(document, "zh"))


def test_of_a_file_without_unreadable_lines_nothing_is_said() -> None:
    document, code = reported(GOOD, OTHER)
    assert code == 0
    assert document["report"]["unjudged"] is None
    assert "nreadable" not in "\n".join(table(document, "en"))


def test_when_no_policy_judges_any_ticket_the_first_line_says_so() -> None:
    document, code = reported(GOOD, OTHER, policies=Policies(()))
    assert code == 1
    assert document["report"]["unjudged"] == {
        "from": "2026-03-02T09:00:00.000Z",
        "to": "2026-03-02T10:00:00.000Z",
        "policies": [],
    }
    title, first, *_ = table(document, "en")
    assert first == (
        "No policy judges any ticket: they begin from 2026-03-02T09:00:00.000Z to "
        "2026-03-02T10:00:00.000Z; the policies are: none"
    )
    assert title
    assert "No policy judges any ticket" in page(document, "en")
