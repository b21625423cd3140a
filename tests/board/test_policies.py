"""The board judges by what is published, also by what is published while it runs, and its foot names it."""

import re
from dataclasses import replace

import pytest

from service.board.board import DIFFERS_FOR_MS, TAKEN_UP_WITHIN_MS
from service.board.pages import Look, Pages
from service.board.tickets import ADOPTED_AT_ONCE
from service.sla import state
from service.sla.policy import Clock, Policies, Policy
from service.sla.state import NEVER, Header, Ticket
from tests.board.desk import Desk
from tests.sla.desks import LETTERS
from tests.sla.hours import at as in_utc
from tests.sla.hours import calendar
from tests.sla.stories import MINUTE, at, clock, fact
from tests.sla.test_adopt import BOTH, EFFECTIVE, FIRST, TARGETS
from tests.sla.test_unknown_year import RECEIVED, RESULT

GROWN = calendar("UTC", range(2026, 2028), mon_fri="9-17")
PUBLISHED_AT = at("09:00")


def adopt(desk: Desk, policies: Policies) -> None:
    desk.board.adopt(policies, PUBLISHED_AT)
    for _ in desk.board.shelf.adopt(policies):
        pass
    desk.policies = policies


def deadlines(desk: Desk) -> dict[str, int]:
    desk.look()
    return {one.key.removesuffix("@default"): one.due_at for one in desk.board.shelf.ordered()}


@pytest.mark.parametrize(("early", "target"), [(1, TARGETS[0]), (0, TARGETS[1]), (-1, TARGETS[1])])
def test_the_start_of_a_cycle_decides_which_version_judges_it(early: int, target: int) -> None:
    desk, received = Desk(EFFECTIVE + 1, FIRST), EFFECTIVE - early
    desk.keep("T1", fact("received", received))
    assert deadlines(desk) == {"T1": received + TARGETS[0]}
    adopt(desk, BOTH)
    assert deadlines(desk) == {"T1": received + target}


def test_what_no_new_version_concerns_is_not_judged_again() -> None:
    desk = Desk(EFFECTIVE, FIRST)
    for ticket, time in (("T1", EFFECTIVE - 1), ("T2", EFFECTIVE)):
        value = state.encode(Ticket([fact("received", time)], []), Header(1, desk.now, NEVER, 0, NEVER, time))
        desk.board.shelf.restore(0, f"{ticket}@default", value)
    desk.look()
    adopt(desk, BOTH)
    assert desk.board.shelf.waiting == 1
    adopt(desk, BOTH)
    assert desk.board.shelf.waiting == 1


def test_a_state_that_nobody_can_read_stays_unreadable() -> None:
    desk = Desk(EFFECTIVE, FIRST)
    desk.board.shelf.restore(0, "T1@default", b"\x01")
    desk.look()
    adopt(desk, BOTH)
    desk.look()
    assert desk.board.snapshot().baffling == 1


@pytest.mark.parametrize(
    ("tickets", "turns"), [(ADOPTED_AT_ONCE - 1, 0), (ADOPTED_AT_ONCE, 1), (ADOPTED_AT_ONCE + 1, 1)]
)
def test_other_tasks_get_turns_while_many_tickets_are_compared(tickets: int, turns: int) -> None:
    desk = Desk(EFFECTIVE, FIRST)
    value = state.encode(Ticket([], []), Header(1, 0, NEVER, 0, NEVER, 0))
    for number in range(tickets):
        desk.board.shelf.restore(number % 3, f"T{number}@default", value)
    comparing = desk.board.shelf.adopt(BOTH)
    assert sum(1 for _ in comparing) == turns


def test_records_that_come_in_between_are_judged_by_the_new_version() -> None:
    desk = Desk(EFFECTIVE + 1, FIRST)
    value = state.encode(Ticket([], []), Header(1, 0, NEVER, 0, NEVER, 0))
    for number in range(ADOPTED_AT_ONCE):
        desk.board.shelf.restore(0, f"T{number}@default", value)
    comparing = desk.board.shelf.adopt(BOTH)
    next(comparing)
    desk.keep("new", fact("received", EFFECTIVE))
    desk.board.shelf.restore(0, "T1@default", None)
    assert list(comparing) == []
    assert deadlines(desk) == {"new": EFFECTIVE + TARGETS[1]}


def test_a_ticket_that_waited_for_a_year_gets_its_deadline() -> None:
    known, grown = (one_clock(replace(RESULT, calendar=calendar)) for calendar in (RESULT.calendar, GROWN))
    desk = Desk(in_utc(GROWN, "2026-12-31 12:00"), known)
    waits = Header(1, desk.now, NEVER, known.edition, RECEIVED.time, RECEIVED.time)
    desk.board.shelf.restore(0, "T1@default", state.encode(Ticket([RECEIVED], []), waits))
    assert deadlines(desk) == {"T1": in_utc(GROWN, "2026-12-31 10:00")}  # over, and the next one is not known
    adopt(desk, grown)
    assert deadlines(desk) == {"T1": in_utc(GROWN, "2027-01-04 17:00")}


def one_clock(result: Clock) -> Policies:
    return Policies([Policy("letter", 1, "0" * 64, 0, {}, (), (result,))])


def test_a_desk_of_a_new_policy_is_shown() -> None:
    desk = Desk(at("09:10"), FIRST)
    assert desk.board.desk_lines(desk.board.snapshot()) == []
    adopt(desk, LETTERS)
    assert [line.desk_id for line in desk.board.desk_lines(desk.board.snapshot())] == ["support"]


OTHER = Policies([*FIRST.versions, *LETTERS.versions])


@pytest.mark.parametrize(
    ("judged_by", "late", "after", "differs"),
    [
        (FIRST, 1, DIFFERS_FOR_MS + 1, False),
        (OTHER, -1, DIFFERS_FOR_MS + 1, False),
        (OTHER, 0, DIFFERS_FOR_MS + 1, False),
        (OTHER, 1, DIFFERS_FOR_MS - 1, False),
        (OTHER, 1, DIFFERS_FOR_MS, True),
        (OTHER, 1, DIFFERS_FOR_MS + 1, True),
    ],
)
def test_that_the_service_judges_by_other_policies_is_said_when_it_lasts(
    judged_by: Policies, late: int, after: int, differs: bool
) -> None:
    """Not of a judgement of before the publication, or while the service or the board take it up."""
    judged_at = PUBLISHED_AT + TAKEN_UP_WITHIN_MS + late
    desk = Desk(judged_at, FIRST)
    adopt(desk, FIRST)
    header = Header(2, judged_at, NEVER, judged_by.edition)
    desk.board.shelf.restore(0, "T1@default", state.encode(Ticket([fact("received", "09:00")], []), header))
    assert not desk.board.snapshot().other_policies
    desk.now += after
    assert desk.board.snapshot().other_policies is differs
    adopt(desk, judged_by)
    assert not desk.board.snapshot().other_policies


def foot(desk: Desk, lang: str = "en") -> list[str]:
    writer = Pages().writer(Look(lang, "auto", "/", "/live"))
    (part,) = [
        part for part in writer.partitions_page(desk.board.snapshot(), "g").parts if part.id == "policies"
    ]
    text = re.sub(r"<[^>]+>", "", part.html())
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


IN_FORCE = "In force: letter version 1 until 2026-03-02 10:00:00 UTC"
COMES = "To come: letter version 2 from 2026-03-02 10:00:00 UTC"


@pytest.mark.parametrize(
    ("late", "said"),
    [(-1, [IN_FORCE, COMES]), (0, ["In force: letter version 2"]), (1, ["In force: letter version 2"])],
)
def test_the_foot_of_a_page_names_what_is_in_force_and_what_comes(late: int, said: list[str]) -> None:
    assert foot(Desk(EFFECTIVE + late, BOTH)) == said


def test_the_foot_says_when_nothing_is_published_and_what_a_publication_brings() -> None:
    desk = Desk(at("09:10"), Policies(()))
    assert foot(desk) == ["In force: no policy: no ticket is judged until one is published"]
    adopt(desk, FIRST)
    assert foot(desk) == ["In force: letter version 1"]


def test_the_foot_names_agreements_and_desks_in_both_languages() -> None:
    ola = clock("answer", "received", "response_started", {"minor": MINUTE})
    inner = Policy("ola", 1, "1" * 64, 0, {}, (), (ola,), agreement="internal")
    desk = Desk(at("09:10"), Policies([*FIRST.versions, inner, *LETTERS.versions]))
    letter, ola, support = (
        "letter version 1",
        "ola version 1 (agreement internal)",
        "support-7x24 version 1 (support desks)",
    )
    assert foot(desk) == [f"In force: {letter}, {ola}, {support}"]
    assert foot(desk, "zh") == [
        "生效中: letter 第 1 版, ola 第 1 版 (协议 internal), support-7x24 第 1 版 (支持台)"
    ]
