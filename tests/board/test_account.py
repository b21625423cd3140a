"""The page of a ticket: the arithmetic of `explain`, what was announced, no reference to people."""

import io
import json

from service.board.ticket_page import TicketPage
from service.explain.text import in_words
from service.offline.explain import explain_facts
from service.sla.announcement import Type
from tests.board.desk import Desk
from tests.sla.stories import LETTER, MINUTE, at, fact

STORY = [
    fact("received", "09:00", customer_id="C-77", region="east"),
    fact("response_started", "09:45", by="agent", agent_id="A-5"),
    fact("feedback_delivered", "10:00"),
    fact("reopened", "12:00"),
]


def account(desk: Desk, ticket: str = "T1") -> TicketPage:
    found = desk.board.account("default", ticket, desk.board.snapshot())
    assert found
    return found


def test_the_arithmetic_is_that_of_explain_word_for_word_without_references_to_people() -> None:
    desk = Desk(at("12:10"))
    desk.keep("T1", *STORY)
    out = io.StringIO()
    explain_facts("T1", "default", STORY, LETTER, at("12:10"), as_json=False, lang="zh", out=out)
    explained = out.getvalue()
    for reference in (", customer_id=C-77", " customer_id=C-77", " agent_id=A-5"):
        explained = explained.replace(reference, "")
    ours = "\n".join(in_words(account(desk).derivation, "zh")) + "\n"
    assert ours == explained


def test_no_reference_to_people_is_anywhere() -> None:
    desk = Desk(at("12:10"))
    desk.keep("T1", *STORY)
    text = json.dumps(account(desk).derivation)
    assert "C-77" not in text
    assert "A-5" not in text
    assert "east" in text


def test_the_latest_cycle_comes_first() -> None:
    desk = Desk(at("12:10"))
    desk.keep("T1", *STORY)
    cycles = [
        (cycle["cycle"], [(line.name, line.state) for line in lines]) for cycle, lines in account(desk).cycles
    ]
    assert cycles == [
        (2, [("response", "running"), ("resolution", "running")]),
        (1, [("response", "breached"), ("resolution", "met")]),
    ]


def test_what_was_announced_stands_there_and_what_is_due_says_that_it_was_not() -> None:
    desk = Desk(at("09:31"))
    desk.keep("T1", STORY[0])
    minor = [(item.level, item.type, item.revision, item.pending) for item in account(desk).notifications]
    assert minor == [("minor", Type.BREACHED, 1, False)]
    desk.now = at("10:01")  # nobody has announced the major breach
    assert [(item.level, item.pending) for item in account(desk).notifications] == [
        ("minor", False),
        ("major", True),
    ]


def test_a_ticket_that_is_done_has_a_page_and_no_condition() -> None:
    desk = Desk(at("11:00"))
    desk.keep("T1", *STORY[:3])
    assert account(desk).condition is None


def test_there_is_no_page_of_a_ticket_that_nobody_knows() -> None:
    assert Desk(at("11:00")).board.account("default", "T1", Desk(at("11:00")).board.snapshot()) is None


def test_the_page_stays_as_it_is_within_a_minute_and_changes_with_a_verdict() -> None:
    desk = Desk(at("09:29:00.500"))
    desk.keep("T1", STORY[0])
    before = account(desk).content
    desk.now += MINUTE - 1_000
    assert account(desk).content == before
    desk.now += 1_000
    assert account(desk).content != before
