"""Several agreements, teams, exemptions, a reopening as the first fact: every page of them is drawn."""

from dataclasses import replace

import pytest

from service.sla.policy import Policies, Policy
from tests.board.browser import browser
from tests.board.desk import Desk
from tests.sla.stories import COMPLEX, DAY, HOUR, LETTER, MINUTE, at, clock, fact, policy

(_letter,) = LETTER.versions
INSIDE = replace(
    policy(clock("touch", "received", "reassigned", {"minor": 10 * MINUTE}), id="inside").versions[0],
    agreement="internal",
    title={"en": "Among ourselves"},
)
SPARED = Policy("spared", 1, "0" * 64, 0, {"en": "Spared"}, COMPLEX, (), agreement="internal", exempt=True)
BOTH = Policies([_letter, INSIDE, SPARED])


async def drawn(desk: Desk, path: str, lang: str = "en") -> str:
    desk.look()
    async with browser(desk) as client:
        answer = await client.get(path, headers={"accept-language": lang})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_a_ticket_of_two_agreements_is_listed_with_the_clocks_of_both(lang: str) -> None:
    desk = Desk(at("09:05"), BOTH)
    desk.keep("T-1", fact("received", "09:00", team="north"))
    desk.keep("T-2", fact("received", "09:00", team="south"))
    page = await drawn(desk, "/?team=north", lang)
    assert "T-1" in page
    assert "T-2" not in page.split('id="tickets"')[-1].split("<aside")[0] or "south" in page
    for policy_id in ("test", "inside"):
        assert "T-1" in await drawn(desk, f"/?policy={policy_id}", lang)


async def test_its_page_says_of_each_cycle_which_agreement_and_what_judges_it() -> None:
    desk = Desk(at("09:12"), BOTH)
    desk.keep("T-1", fact("received", "09:00"))
    page = await drawn(desk, "/ticket?id=T-1")
    assert page.index("cycle 1, agreement internal") < page.index('aria-label="cycle 1"')
    assert "Among ourselves" in page
    verdicts = page[page.index("cycle 1, agreement internal") : page.index('aria-label="cycle 1"')]
    assert "touch" in verdicts
    assert "response" not in verdicts


async def test_an_exempt_cycle_says_so() -> None:
    desk = Desk(at("09:12"), BOTH)
    desk.keep("T-1", fact("received", "09:00", complexity="complex"))
    assert "Exempt by Spared (spared version 1)" in await drawn(desk, "/ticket?id=T-1")


@pytest.mark.parametrize("path", ["/", "/ticket?id=T-1"])
async def test_a_ticket_that_begins_with_a_reopening_has_a_page(path: str) -> None:
    desk = Desk(at("10:05"), BOTH)
    desk.keep("T-1", fact("reopened", "10:00", customer_id="C-1"))
    page = await drawn(desk, path)
    assert "T-1" in page


async def test_a_clock_that_owes_nothing_any_more_is_said_to_have_no_deadline_ahead() -> None:
    desk = Desk(at("14:00"), LETTER)
    desk.keep(
        "T-1",
        fact("received", "08:00", complexity="complex"),
        fact("preliminary_solution_provided", "08:10"),
        fact("reclassified", "13:30", complexity="general"),
    )
    page = await drawn(desk, "/")
    assert "No deadline ahead: paused, or nothing is due any more" in page


async def test_an_open_clock_of_an_earlier_cycle_is_shown() -> None:
    waiting = clock("waiting", "received", "followed_up", {"minor": DAY})
    desk = Desk(at("12:00"), policy(clock("quick", "received", "closed", {"minor": HOUR}), waiting))
    desk.keep("T-1", fact("received", "09:00"), fact("closed", "09:10"), fact("reopened", "10:00"))
    assert "waiting" in await drawn(desk, "/")
