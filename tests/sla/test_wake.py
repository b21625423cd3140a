"""When a ticket is looked at again, and what is written then."""

import pytest

from service.sla.tickets import ticket_partition
from tests.sla.stories import DAY, HOUR, MINUTE, RESPONSE, at, clock, fact, policy
from tests.sla.test_partition import GRACE, Desk

SILENT = policy(
    clock("response", "received", "response_started", {"major": 8 * HOUR}), stalled_after=20 * MINUTE
)


@pytest.mark.parametrize("looked", ["09:19:59.999", "09:20:00.000"])
def test_a_look_up_to_the_end_of_a_silence_still_waits_for_it(looked):
    desk = Desk(SILENT)
    desk.tell(fact("received", "09:00"), now=looked)
    assert desk.partition.next_at() == at("09:20")


def test_a_silence_that_was_told_is_not_waited_for():
    desk = Desk(SILENT)
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:20:00.001")
    assert desk.partition.next_at() == at("17:00")


def test_a_timer_of_a_ticket_that_is_gone_wakes_nobody():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.partition.restore("T-1@default", None)
    assert desk.tell(now="09:31") == []
    assert desk.step.changes == {}


def test_a_restart_under_the_same_policies_wakes_no_ticket_early_and_writes_nothing():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.restart()
    assert desk.partition.next_at() == at("09:24")
    assert desk.tell(now="09:24") == []
    assert desk.step.changes == {}


def test_a_ticket_that_other_policies_see_alike_is_looked_at_once_and_remembers_them():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.policies = policy(RESPONSE, id="other")
    desk.restart()
    assert desk.tell(now="09:01") == []
    assert list(desk.step.changes) == ["T-1@default"]
    desk.restart()
    assert desk.partition.next_at() == at("09:24")


def test_a_timer_that_finds_nothing_to_tell_writes_nothing():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(fact("response_started", "09:10"), now="09:10")  # the timer of the warning stays armed
    assert desk.tell(now="09:25") == []
    assert desk.step.changes == {}


def test_a_repeated_record_that_prolongs_retention_is_written():
    desk = Desk(policy(RESPONSE), retention=10 * DAY)
    received = fact("received", "09:00")
    desk.tell(received, fact("response_started", "09:10"), now="09:10")
    desk.tell(received, now=at("09:10") + DAY + 1)
    desk.restart()
    desk.tell(now=at("09:10") + 11 * DAY + 1)
    assert len(desk.partition) == 1


def test_cycles_that_no_policy_judges_are_counted_over_all_tickets_of_a_step():
    partition = ticket_partition(policy(RESPONSE, match=(("channel", frozenset({"email"})),)), DAY)
    arrivals = [(f"T-{number}@default", fact("received", "09:00")) for number in range(3)]
    step = partition.step(arrivals, at=at("09:00"), now=at("09:00"), offset=2, grace=GRACE)
    assert step.unjudged == ["default"] * 3
