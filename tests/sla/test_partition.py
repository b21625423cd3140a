"""What a partition tells the world, step by step, and what it keeps."""

from uuid import NAMESPACE_URL, uuid5

import pytest
from msgspec.structs import replace

from service.sla import state, state_budget
from service.sla.announcement import Announcement
from service.sla.facts import Fact
from service.sla.history import MOST_FACTS, Outcome
from service.sla.partition import Step
from service.sla.policy import Policies
from service.sla.state import UnknownStateVersionError, UnreadableStateError
from service.sla.tickets import ticket_partition
from tests.sla.stories import DAY, HOUR, LETTER, MINUTE, RESPONSE, at, clock, fact, policy

GRACE = 1_000


class Desk:
    """One partition and one ticket of it; `tell` is a step."""

    def __init__(self, policies: Policies = LETTER, retention: int = 35 * DAY) -> None:
        self.policies, self.retention = policies, retention
        self.partition = ticket_partition(policies, retention)
        self.changelog: dict[str, bytes | None] = {}
        self.step = Step()
        self.offset = -1

    def tell(self, *facts: Fact, now: str | int) -> list[str]:
        """Deliver facts at watermark `now`; returns `type clock/level revision` of each announcement."""
        instant = at(now) if isinstance(now, str) else now
        self.offset += len(facts)
        arrivals = [("T-1@default", fact) for fact in facts]
        self.step = self.partition.step(arrivals, at=instant, now=instant, offset=self.offset, grace=GRACE)
        self.changelog |= self.step.changes
        return [brief(announcement) for announcement in self.step.announcements]

    def restart(self) -> None:
        """Lose the memory and restore it from the changelog."""
        self.partition = ticket_partition(self.policies, self.retention)
        for key, value in self.changelog.items():
            self.partition.restore(key, value)


def brief(announcement: Announcement) -> str:
    name = announcement.type.removeprefix("sla.")
    return f"{name} {announcement.clock}/{announcement.level or '-'} {announcement.revision}"


def test_the_letter_of_a_ticket_that_nobody_answers():
    desk = Desk()
    assert desk.tell(fact("received", "09:00"), now="09:00") == []
    assert desk.tell(now="09:24") == []
    assert desk.tell(now="09:24:00.001") == ["at_risk response/warning 1"]
    assert desk.tell(now="09:30") == []
    assert desk.tell(now="09:30:00.001") == ["breached response/minor 1"]
    assert desk.tell(now="10:00:00.001") == ["breached response/major 1"]
    assert desk.tell(now="10:36:00.001") == ["at_risk resolution/warning 1"]
    assert desk.tell(now="11:00:00.001") == ["breached resolution/minor 1"]
    assert desk.tell(now="13:00:00.001") == ["breached resolution/major 1"]
    assert desk.tell(now="23:00") == []
    assert desk.partition.next_at() is None


def test_it_says_which_announcements_records_showed_and_which_were_waited_for():
    desk, late = Desk(policy(RESPONSE)), at("09:30:00.001")
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:24:00.001")
    arrivals = [("T-2@default", fact("received", "09:00"))]
    step = desk.partition.step(arrivals, at=late, now=late, offset=1, grace=GRACE)
    assert [told.ticket_id for told in step.announcements] == ["T-2", "T-1"]
    assert step.shown_by_records == 1


def test_a_clock_that_ends_in_time_is_met_and_one_that_ends_late_is_settled():
    desk = Desk()
    desk.tell(fact("received", "09:00"), now="09:00")
    assert desk.tell(fact("response_started", "09:20"), now="09:20") == ["met response/- 1"]
    desk.tell(now="11:30")
    assert desk.tell(fact("feedback_delivered", "11:30"), now="11:30") == [
        "breach_settled resolution/minor 2"
    ]
    settled = desk.step.announcements[0]
    assert (settled.elapsed_for, settled.overrun_for) == (150 * MINUTE, 30 * MINUTE)


def test_after_a_downtime_overdue_breaches_are_told_at_once_and_say_that_they_are_late():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    assert desk.tell(now="12:00") == ["breached response/minor 1", "breached response/major 1"]
    assert [told.late_detection for told in desk.step.announcements] == [True, True]


@pytest.mark.parametrize(
    ("now", "late"), [("09:30:05.999", False), ("09:30:06.000", False), ("09:30:06.001", True)]
)
def test_a_breach_is_late_when_told_more_than_5_s_after_due_and_grace(now, late):
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now=now)
    assert desk.step.announcements[-1].late_detection is late


def test_no_warning_is_told_of_a_promise_already_kept_or_broken():
    desk = Desk(policy(RESPONSE))
    facts = [fact("received", "09:00"), fact("response_started", "09:40")]
    assert desk.tell(*facts, now="09:50") == ["breached response/minor 1", "breach_settled response/minor 2"]


def test_the_same_event_again_changes_nothing():
    desk = Desk()
    received = fact("received", "09:00")
    desk.tell(received, now="09:00")
    assert desk.tell(received, received, now="09:01") == []
    assert desk.step.changes == {}


def test_a_late_fact_retracts_a_breach_names_itself_and_a_void_of_it_undoes_that():
    desk = Desk(policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE})))
    desk.tell(fact("received", "09:00"), now="09:00")
    assert desk.tell(now="09:31") == ["breached response/minor 1"]
    late = fact("response_started", "09:10", id="late")
    assert desk.tell(late, now="09:40") == ["met response/- 1", "breach_retracted response/minor 2"]
    retracted = desk.step.announcements[1]
    assert (retracted.reason, retracted.cause, retracted.state) == ("late_fact", late, "met")
    undone = fact("voided", "09:50", event_id="late")
    assert desk.tell(undone, now="09:50") == ["breached response/minor 3", "corrected response/- 2"]
    assert {told.reason: told.cause for told in desk.step.announcements} == {"voided": undone}
    assert desk.step.announcements[0].breach_id == retracted.breach_id


def test_a_reclassification_dated_before_the_due_instant_retracts_the_breach_of_the_clock_it_ends():
    desk = Desk()
    desk.tell(fact("received", "09:00"), fact("response_started", "09:01"), now="09:02")
    desk.tell(now="11:01")
    cause = fact("reclassified", "10:00", complexity="complex")
    assert "breach_retracted resolution/minor 2" in desk.tell(cause, now="11:02")
    assert {told.reason for told in desk.step.announcements} == {"reclassified"}


def test_the_cause_is_the_one_fact_among_many_that_made_the_difference():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:31")
    cause = fact("response_started", "09:10")
    facts = [fact("reassigned", "09:05"), cause, fact("reassigned", "09:06"), fact("resolved", "09:31")]
    desk.tell(*facts, now="09:32")
    retracted = [told for told in desk.step.announcements if told.type == "sla.breach_retracted"]
    assert [told.cause for told in retracted] == [cause]


def test_a_breach_whose_due_instant_moves_is_told_again_as_a_new_revision():
    desk = Desk(policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE})))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:40")
    assert desk.tell(fact("received", "08:50"), now="09:41") == ["breached response/minor 2"]
    assert desk.step.announcements[0].due_at == at("09:20")


def test_a_breach_whose_end_is_voided_is_open_again():
    desk = Desk(policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE})))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(fact("response_started", "09:40", id="r"), now="09:45")
    assert desk.tell(fact("voided", "09:50", event_id="r"), now="09:50") == ["breached response/minor 3"]
    assert desk.step.announcements[0].stopped_at is None


def test_the_higher_breach_supersedes_the_lower():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="10:01")
    minor, major = desk.step.announcements
    assert (minor.supersedes, major.supersedes) == (None, minor.breach_id)


def test_breach_ids_are_those_of_the_contract():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:31")
    name = '["default","T-1",1,"response","minor"]'
    assert desk.step.announcements[-1].breach_id == str(uuid5(NAMESPACE_URL, name))
    assert desk.step.announcements[-1].breach_id == "1c8feaf2-f7d6-5e5f-af38-515dbb1e9f49"


def test_the_evidence_of_a_settled_breach_is_what_started_and_what_ended_the_clock():
    desk = Desk(policy(RESPONSE))
    received, noise = fact("received", "09:00"), fact("reassigned", "09:10")
    responded = fact("response_started", "09:40")
    desk.tell(received, noise, responded, now="09:50")
    breached, settled = desk.step.announcements
    assert (breached.evidence, settled.evidence) == ((received,), (received, responded))


def test_a_ticket_that_nobody_touches_is_told_once_per_silence():
    desk = Desk(
        policy(
            clock("response", "received", "response_started", {"major": 8 * HOUR}), stalled_after=20 * MINUTE
        )
    )
    desk.tell(fact("received", "09:00"), now="09:00")
    assert desk.tell(now="09:20") == []
    assert desk.tell(now="09:20:00.001") == ["at_risk activity/warning 1"]
    assert desk.tell(now="09:40") == []
    assert desk.tell(fact("reassigned", "09:45"), now="09:45") == ["corrected activity/warning 2"]
    assert desk.tell(now="10:05:00.001") == ["at_risk activity/warning 3"]
    assert desk.tell(fact("response_started", "10:10"), now="10:10") == [
        "met response/- 1",
        "corrected activity/warning 4",
    ]
    assert desk.tell(now="12:00") == []


def test_a_restart_neither_repeats_nor_forgets_nor_takes_back():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    assert desk.tell(now="09:31") == ["breached response/minor 1"]
    desk.restart()
    assert (
        desk.tell(fact("reassigned", "09:32"), now=0) == []
    )  # the new owner does not know its watermark yet
    assert desk.tell(now="10:00:00.001") == ["breached response/major 1"]


def test_one_ticket_judged_too_far_ahead_makes_no_other_early():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="11:00")  # by a clock that was an hour ahead
    desk.restart()
    arrival = ("T-2@default", fact("received", "10:00"))
    step = desk.partition.step([arrival], at=at("10:20"), now=at("10:20"), offset=2, grace=GRACE)
    assert step.announcements == []
    assert desk.tell(fact("reassigned", "10:20"), now="10:20") == []  # nor is it itself taken back


def test_under_other_policies_every_ticket_is_looked_at_again():
    desk = Desk(policy(clock("response", "received", "response_started", {"minor": HOUR})))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.policies = policy(RESPONSE, clock("extra", "received", "closed", {"minor": 10 * MINUTE}), id="other")
    desk.restart()
    assert desk.tell(now="09:11") == ["breached extra/minor 1"]
    desk.restart()
    assert desk.tell(now="09:24:00.001") == ["at_risk response/warning 1"]


def test_what_other_policies_take_back_is_no_fact_s_fault():
    desk = Desk(policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE})))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:31")
    desk.policies = policy(clock("response", "received", "response_started", {"minor": HOUR}), id="other")
    desk.restart()
    assert desk.tell(fact("reassigned", "09:32"), now="09:32") == ["breach_retracted response/minor 2"]
    told = desk.step.announcements[0]
    assert (told.reason, told.cause) == ("policy_changed", None)


def test_a_thousand_facts_at_once_on_a_full_ticket_are_judged_a_few_times_not_a_million():
    desk = Desk(policy(RESPONSE))
    desk.tell(*[fact("reassigned", "09:00") for _ in range(400)], fact("received", "09:00"), now="09:00")
    desk.tell(now="10:01")
    late = fact("response_started", "09:10")
    desk.tell(*[fact("reassigned", "09:05") for _ in range(300)], late, now="10:02")
    changed = [told for told in desk.step.announcements if told.revision > 1]
    assert {told.reason: told.cause for told in changed} == {"late_fact": late}


def test_a_repeated_record_prolongs_retention():
    desk = Desk(policy(RESPONSE), retention=10 * DAY)
    facts = [fact("received", "09:00"), fact("response_started", "09:10")]
    desk.tell(*facts, now="09:10")
    desk.tell(facts[0], now=at("09:10") + DAY)
    assert desk.step.changes == {}  # too soon to be worth a record
    desk.tell(facts[0], now=at("09:10") + DAY + 1)
    desk.tell(now=at("09:10") + 11 * DAY + 1)
    assert len(desk.partition) == 1
    desk.tell(now=at("09:10") + 11 * DAY + 2)
    assert len(desk.partition) == 0


@pytest.mark.parametrize("recorded_at", [-62_200_000_000_001, 0, 1 << 60])
def test_the_publishers_clock_decides_nothing_about_retention(recorded_at):
    desk = Desk(policy(RESPONSE), retention=DAY)
    facts = [fact("received", "09:00"), fact("response_started", "09:10")]
    desk.tell(*[replace(one, recorded_at=recorded_at) for one in facts], now="09:10")
    desk.tell(now=at("10:00") + DAY)
    assert len(desk.partition) == 1
    desk.tell(now=at("10:00") + DAY + 1)
    assert len(desk.partition) == 0


def test_restored_state_says_which_input_it_reflects():
    desk = Desk()
    desk.tell(fact("received", "09:00"), fact("reassigned", "09:01"), now="09:01")
    desk.restart()
    assert desk.partition.reflects == 1


def test_an_input_that_was_begun_anew_is_read_from_where_the_latest_state_says():
    """The log has the records of before until they are compacted."""
    desk = Desk()
    desk.tell(fact("received", "09:00"), fact("reassigned", "09:01"), now="09:01")
    (known,) = desk.changelog.values()
    desk.partition.restore("T-1@default", known)
    desk.partition.restore("T-1@default", state.unread(known))
    assert desk.partition.reflects == -1
    assert desk.tell(now="09:30:00.001") == ["breached response/minor 1"]  # it is the same ticket


def test_a_tombstone_restores_to_nothing():
    desk = Desk()
    assert desk.partition.reflects == -1
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.partition.restore("T-1@default", None)
    desk.partition.restore("T-2@default", None)
    assert len(desk.partition) == 0


def test_an_event_that_moves_no_deadline_arms_no_second_timer():
    desk = Desk()
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(fact("reassigned", "09:01"), now="09:01")
    assert desk.partition.armed == 1


def test_state_of_a_newer_version_is_refused():
    with pytest.raises(UnknownStateVersionError, match="run the newer"):
        ticket_partition(LETTER, 0).restore("T-1@default", b"\xff" + bytes(64))


def test_a_full_ticket_refuses_new_facts_but_not_known_ones():
    desk = Desk()
    facts = [fact("reassigned", "09:00") for _ in range(MOST_FACTS)]
    desk.tell(*facts, now="09:00")
    assert desk.step.refused == []
    desk.tell(facts[0], fact("received", "09:00"), facts[1], now="09:00")
    assert desk.step.refused == [1]
    assert desk.step.outcomes == {Outcome.REPEATED: 2, Outcome.FULL: 1}


def fits(size: int) -> int:
    """The largest record in which a state has room for just `size` bytes of facts."""
    return next(largest for largest in range(size, 2 * size) if largest - largest // 4 == size)


@pytest.mark.parametrize(("more", "refused"), [(-1, [1]), (0, []), (1, [])])
def test_a_fact_whose_ticket_would_be_too_large_is_refused_and_its_neighbours_are_not(more, refused):
    known, wide = fact("reassigned", "09:00", team="x" * 120), fact("reassigned", "09:02", team="y" * 120)
    desk = Desk(policy(RESPONSE))
    desk.tell(known, now="09:00")
    late = fact("received", "09:01")
    facts = [known, wide, late]
    size = desk.partition.weigh("T-1@default") + state_budget.size(wide) + more
    desk.partition = ticket_partition(desk.policies, desk.retention, fits(size))
    desk.partition.restore("T-1@default", desk.changelog["T-1@default"])
    arrivals = [("T-1@default", one) for one in facts[:2]] + [("T-2@default", late)]
    step = desk.partition.step(arrivals, at=at("09:40"), now=at("09:40"), offset=3, grace=GRACE)
    assert step.refused == refused
    assert {told.ticket_id for told in step.announcements} == {"T-2"}
    assert step.outcomes[Outcome.REPEATED] == 1


@pytest.mark.parametrize(("more", "refused"), [(-1, 1), (0, 0), (1, 0)])
def test_facts_that_come_at_once_are_measured_together(more, refused):
    facts = [fact("reassigned", "09:00", team=f"{number:0120}") for number in range(400)]
    partition = ticket_partition(LETTER, DAY, fits(sum(map(state_budget.size, facts)) + more))
    arrivals = [("T-1@default", one) for one in facts]
    step = partition.step(arrivals, at=at("09:00"), now=at("09:00"), offset=400, grace=GRACE)
    assert len(step.refused) == refused


def test_a_fact_replaced_by_a_longer_one_is_refused_where_there_is_no_room():
    short, longer = fact("reassigned", "09:00", team="x"), fact("reassigned", "08:00", team="x" * 120)
    longer = replace(longer, id=short.id, source=short.source)
    partition = ticket_partition(LETTER, DAY, 200)
    step = partition.step(
        [("T-1@default", short), ("T-1@default", longer)],
        at=at("09:00"),
        now=at("09:00"),
        offset=1,
        grace=GRACE,
    )
    assert (step.refused, step.outcomes[Outcome.REPLACED]) == ([1], 0)


@pytest.mark.parametrize("largest", [4_000, 20_000])
def test_the_state_of_a_ticket_fits_whatever_comes_and_lapses(largest):
    desk = Desk(LETTER)
    desk.partition = ticket_partition(LETTER, desk.retention, largest)
    desk.tell(fact("received", "09:00"), now="09:00")
    for minute in range(1, 60):
        desk.tell(
            *[fact("reassigned", f"09:{minute:02}", team=f"{minute * 10 + n:0100}") for n in range(10)],
            now=f"09:{minute:02}",
        )
    desk.tell(now=at("09:00") + 2 * DAY)
    assert desk.step.outcomes == {}
    assert 0.7 * largest < len(desk.changelog["T-1@default"]) < largest


@pytest.mark.parametrize(
    "content", [b"", b"\xc1", b"{}", b"\x93\x91\x98\x00\x00\xa1\xff", b"\x93\x91" + b"\x91" * 9_999]
)
def test_state_that_nobody_can_read_names_its_ticket(content):
    desk = Desk()
    desk.tell(fact("received", "09:00"), now="09:00")
    known = desk.changelog["T-1@default"]
    torn = known[: -len(state.content(known))] + content
    desk.partition.restore("T-1@default", torn)
    with pytest.raises(UnreadableStateError, match="its value is no state of a ticket") as caught:
        desk.tell(fact("reassigned", "09:01"), now="09:01")
    assert caught.value.key == "T-1@default"


@pytest.mark.parametrize(("passed", "kept"), [(-1, 1), (0, 1), (1, 0)])
def test_a_ticket_is_forgotten_a_retention_after_its_last_record_and_due_instant(passed, kept):
    desk = Desk(policy(RESPONSE), retention=DAY)
    desk.tell(fact("received", "09:00"), fact("response_started", "09:10"), now="09:10")
    desk.tell(now=at("10:00") + DAY + passed)
    assert len(desk.partition) == kept
    assert (desk.changelog["T-1@default"] is None) == (not kept)


def test_a_ticket_with_a_running_clock_is_not_forgotten():
    desk = Desk(policy(RESPONSE), retention=DAY)
    desk.tell(fact("received", "09:00"), now="09:10")
    desk.tell(now=at("09:00") + 1_000 * DAY)
    assert len(desk.partition) == 1


def test_a_forgotten_ticket_is_judged_anew_with_the_same_breach_ids():
    desk = Desk(policy(RESPONSE), retention=DAY)
    facts = [fact("received", "09:00"), fact("response_started", "09:40")]
    desk.tell(*facts, now="09:50")
    first = [told.breach_id for told in desk.step.announcements]
    desk.tell(now=at("10:00") + DAY + 1)
    desk.tell(*facts, now=at("10:00") + DAY + 1)
    assert [told.breach_id for told in desk.step.announcements] == first


def test_a_step_takes_no_more_than_it_is_asked_to():
    partition = ticket_partition(policy(RESPONSE), DAY)
    arrivals = [(f"T-{number}@default", fact("received", "09:00")) for number in range(10)]
    partition.step(arrivals, at=at("09:00"), now=at("09:00"), offset=9, grace=GRACE)
    due, taken = at("09:30:00.001"), []
    while (next_at := partition.next_at()) is not None and next_at < due:
        step = partition.step([], at=due, now=due, offset=9, grace=GRACE, most=4)
        taken.append(len(step.announcements))
    assert taken == [4, 4, 2]


def test_deadlines_of_tickets_with_many_facts_lapse_in_more_than_one_step():
    partition = ticket_partition(policy(RESPONSE), 35 * DAY)
    many = [replace(fact("reassigned", "09:00"), id=f"e-{n}", source="/" + "d" * 127) for n in range(900)]
    for number in range(6):
        facts = [fact("received", "09:00"), *many]
        arrivals = [(f"T-{number}@default", fact) for fact in facts]
        partition.step(arrivals, at=at("09:00"), now=at("09:00"), offset=number, grace=GRACE)
    late, told = at("09:24:00.001"), []
    while (due := partition.next_at()) is not None and due < late:
        told.append(partition.step([], at=late, now=late, offset=5, grace=GRACE).announcements)
    assert len(told) > 1
    assert sorted(said.ticket_id for step in told for said in step) == sorted(f"T-{n}" for n in range(6))
