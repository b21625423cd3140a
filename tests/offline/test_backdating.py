"""How many announcements a policy from the past would change: as many as then are."""

import pytest

from service.offline.backdating import Backdating
from service.sla.cause import UNSEARCHED
from service.sla.changes import changes, told_after
from service.sla.facts import Fact
from service.sla.judge import judge
from service.sla.policy import Policies, Policy
from service.sla.state import Ticket
from service.sla.told import Told
from tests.sla.stories import HOUR, MINUTE, RESPONSE, at, clock, fact

NOW = at("12:00")


def policies(*more: Policy) -> Policies:
    return Policies([version("old", RESPONSE.levels[1].after_ms or 0), *more])


def version(id: str, minor: int, match: tuple[tuple[str, frozenset[str]], ...] = ()) -> Policy:
    levels = {"warning": minor - 6 * MINUTE, "minor": minor, "major": 2 * minor}
    return Policy(id, 1, id, 0, {}, match, (clock("response", "received", "response_started", levels),))


def told(by: Policies, *facts: Fact) -> Ticket:
    """A ticket, and what was announced of it by `by`."""
    judgement = judge(facts, by, "default", NOW)
    ticket = Ticket(list(facts), [])
    ticket.tell(told_after(Told(), changes(judgement, NOW, Told(), UNSEARCHED)))
    return ticket


PHONE = (("channel", frozenset({"phone"})),)
EARLY = fact("received", "10:00"), fact("response_started", "10:20")  # in time by both
MIDDLE = fact("received", "10:00"), fact("response_started", "10:40")  # minor by the old one
LATE = fact("received", "10:00"), fact("response_started", "11:40")  # minor and major by the old one


@pytest.mark.parametrize(("facts"), [EARLY, MIDDLE, LATE])
@pytest.mark.parametrize("minor", [15 * MINUTE, 30 * MINUTE, 45 * MINUTE, HOUR, 3 * HOUR])
def test_it_counts_what_the_service_then_corrects(facts: tuple[Fact, ...], minor: int) -> None:
    before, after = policies(), policies(version("new", minor, PHONE))
    ticket = told(before, *facts)
    count = Backdating(before, after)
    count.add("default", ticket, NOW)
    standing = {one.key for one in ticket.announced if one.stands}
    found = list(changes(judge(facts, after, "default", NOW), NOW, ticket.told, UNSEARCHED))
    changed = {change.statement.key for change in found}
    assert count.changed == len(changed & standing)
    assert count.added == len(changed - standing)
    assert count.tickets == 1


def test_a_ticket_that_no_new_policy_matches_counts_for_nothing() -> None:
    before = policies()
    count = Backdating(before, policies(version("new", HOUR, (("channel", frozenset({"email"})),))))
    count.add("default", told(before, *LATE), NOW)
    assert (count.changed, count.added, count.tickets) == (0, 0, 0)
    assert str(count) == (
        "takes effect in the past: changes 0 standing announcements and adds 0, of 0 tickets that are "
        "remembered"
    )
