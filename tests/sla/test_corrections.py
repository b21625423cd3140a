"""What a retraction or a correction says of the present, and because of what."""

from service.sla.changes import About, standing
from service.sla.judge import END_OF_TIME, judge
from tests.sla.stories import HOUR, MINUTE, RESPONSE, at, clock, fact, policy
from tests.sla.test_partition import Desk

FOLLOW_UP = clock("follow_up", "feedback_delivered", "followed_up", {"minor": HOUR})


def test_a_clock_that_never_started_is_not_applicable_whatever_else_runs():
    desk = Desk(policy(RESPONSE, FOLLOW_UP, stalled_after=24 * HOUR))
    desk.tell(fact("received", "09:00"), fact("feedback_delivered", "09:10", id="f"), now="09:10")
    assert desk.tell(now="10:11") == ["breached follow_up/minor 1"]
    void = fact("voided", "10:12", event_id="f")
    desk.tell(void, now="10:12")
    (told,) = [each for each in desk.step.announcements if each.type == "sla.breach_retracted"]
    assert (told.state, told.started_at, told.due_at, told.evidence) == (
        "not_applicable",
        None,
        at("10:10"),
        (void,),
    )


def test_a_silence_ends_as_running_or_as_not_applicable():
    response = clock("response", "received", "response_started", {"major": 8 * HOUR})
    desk = Desk(policy(response, stalled_after=20 * MINUTE))
    states = []
    for word, time in (("reassigned", "09:30"), ("response_started", "10:00")):
        desk.tell(fact("received", "09:00", id="r"), now=time)
        desk.tell(fact(word, time), now=time)
        states += [str(each.state) for each in desk.step.announcements if each.type == "sla.corrected"]
    assert states == ["running", "not_applicable"]


def test_a_retraction_says_when_the_level_is_due_now():
    pausing = policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE}, pauses=True))
    desk = Desk(pausing)
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:31")
    late = [fact("paused", "09:05"), fact("resumed", "09:15"), fact("response_started", "09:35")]
    desk.tell(*late, now="09:36")
    (told,) = [each for each in desk.step.announcements if each.type == "sla.breach_retracted"]
    assert (told.state, told.due_at) == ("met", at("09:40"))


def test_the_first_breach_level_is_the_one_that_is_due_first_wherever_the_file_names_it():
    desk = Desk(policy(clock("answer", "received", "closed", {"major": 2 * HOUR, "minor": HOUR})))
    desk.tell(fact("received", "09:00"), fact("closed", "09:30", id="c"), now="09:30")
    met = desk.step.announcements[0]
    desk.tell(fact("voided", "10:30", event_id="c"), now="10:30")
    (told,) = [each for each in desk.step.announcements if each.type == "sla.corrected"]
    assert (met.due_at, told.due_at, told.state) == (at("10:00"), at("10:00"), "breached")


def test_the_cause_is_found_where_the_policy_asks_for_the_tenant():
    desk = Desk(policy(RESPONSE, match=(("tenant", frozenset({"default"})),)))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:31")
    cause = fact("response_started", "09:10")
    desk.tell(cause, now="09:32")
    (told,) = [each for each in desk.step.announcements if each.type == "sla.breach_retracted"]
    assert (told.reason, told.cause) == ("late_fact", cause)


def test_a_silence_stands_at_the_end_of_a_file():
    facts = [fact("received", "09:00")]
    silent = policy(clock("response", "received", "response_started", {"minor": HOUR}), stalled_after=MINUTE)
    for when, told in ((at("09:01"), []), (END_OF_TIME, ["activity"])):
        judgement = judge(facts, silent, "default", when)
        found = standing(About("default", "T-1"), judgement, when)
        assert [each.clock for each in found if each.type == "sla.at_risk"] == told
