"""Epochs: what is told of a ticket after it was forgotten counts more than all that was told before."""

from tests.sla.desks import Support, sign
from tests.sla.stories import DAY, RESPONSE, at, fact, policy
from tests.sla.test_partition import Desk

RETENTION = 10 * DAY
RECEIVED, ANSWERED = fact("received", "09:00", id="r"), fact("response_started", "09:40", id="a")


def test_the_first_record_of_a_ticket_begins_its_epoch_and_no_other_does() -> None:
    desk = Desk(policy(RESPONSE), RETENTION)
    desk.tell(RECEIVED, now="09:01")
    desk.tell(now="09:31")
    desk.restart()
    desk.tell(ANSWERED, now="09:42")
    assert {told.epoch for told in desk.step.announcements} == {at("09:01")}


def test_a_ticket_that_was_forgotten_begins_a_later_epoch_with_the_same_names() -> None:
    desk = Desk(policy(RESPONSE), RETENTION)
    desk.tell(RECEIVED, now="09:01")
    desk.tell(now="09:31")
    desk.tell(ANSWERED, now="09:42")
    before = {told.breach_id: (told.epoch, told.revision) for told in desk.step.announcements}
    forgotten = at("10:00") + 11 * DAY
    desk.tell(now=forgotten)
    assert len(desk.partition) == 0
    desk.tell(RECEIVED, now=forgotten + 1)
    after = {told.breach_id: (told.epoch, told.revision) for told in desk.step.announcements}
    assert after.keys() >= before.keys()
    assert all(after[name] > known for name, known in before.items())
    assert {epoch for epoch, _ in after.values()} == {forgotten + 1}


def test_a_history_that_is_sent_again_in_part_after_it_was_forgotten_is_put_right_by_the_rest() -> None:
    """Without its answer the ticket is breached anew; with it, that is taken back: all in the later epoch."""
    desk = Desk(policy(RESPONSE), RETENTION)
    early = fact("response_started", "09:10", id="e")
    desk.tell(RECEIVED, early, now="09:11")
    forgotten = at("10:00") + 11 * DAY
    desk.tell(now=forgotten)
    assert len(desk.partition) == 0
    desk.tell(RECEIVED, now=forgotten + 1)
    breaches = {told.breach_id for told in desk.step.announcements if told.type == "sla.breached"}
    desk.tell(early, now=forgotten + 2)
    taken_back = [told for told in desk.step.announcements if told.type == "sla.breach_retracted"]
    assert {told.breach_id for told in taken_back} == breaches
    assert {(told.epoch, told.revision) for told in taken_back} == {(forgotten + 1, 2)}


def test_desks_have_no_epochs() -> None:
    support = Support()
    support.tell(sign("opened", "09:00"), now="09:00")
    support.tell(now="09:30")
    assert {(told.epoch, told.attributes, told.customer_id) for told in support.step.announcements} == {
        (0, None, None)
    }
