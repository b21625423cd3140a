"""Every field of every announcement."""

from typing import Any

import pytest

from service.sla.announcement import Announcement
from service.sla.changes import LATE_AFTER_MS, About, breach_id, standing
from service.sla.judge import END_OF_TIME, judge
from service.sla.policy import Policies
from service.sla.statement import statements
from service.sla.tickets import ticket_partition
from tests.naive.histories import seeded
from tests.naive.judge import naive_activity, naive_clocks
from tests.sla.stories import DAY, HOUR, LETTER, MINUTE, RESPONSE, at, clock, fact, policy
from tests.sla.test_partition import Desk

RECEIVED = fact("received", "09:00")
PAUSED, RESUMED = fact("paused", "09:05"), fact("resumed", "09:15")
RESPONDED = fact("response_started", "09:50")
NOISE = fact("reassigned", "09:06")
PAUSING = policy(
    clock(
        "response",
        "received",
        "response_started",
        {"warning": 20 * MINUTE, "minor": 30 * MINUTE},
        pauses=True,
    )
)


def fields(told: Announcement) -> dict[str, Any]:
    """All but what every announcement of the story has in common."""
    beside = ("true_at", "caused_by")
    found = {name: getattr(told, name) for name in told.__struct_fields__ if name not in beside}
    assert found.pop("policy") is PAUSING.versions[0]
    common = {
        "epoch": at("09:20"),
        "tenant": "default",
        "ticket_id": "T-1",
        "customer_id": "c-1",
        "cycle": 1,
        "clock": "response",
        "rank": None,
        "zone": "+00:00",
        "attributes": ("phone", "general", None, None, None, None, None),
    }
    assert {name: found.pop(name) for name in common} == common
    assert found.pop("breach_id") == breach_id("default", "T-1", (1, "response", found["level"]))
    return found


def of(type_: str, level: str | None, revision: int, state: str, **others: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ["supersedes", "stopped_at", "elapsed_for", "overrun_for", "reason", "cause", "paused_for"]
    )
    told = {"type": f"sla.{type_}", "level": level, "revision": revision, "state": state, "clause": "0"}
    when = {"started_at": at("09:00"), "late_detection": False}
    return nothing | told | when | others


def test_every_field_from_the_warning_to_the_correction_of_what_took_its_place():
    desk = Desk(PAUSING)
    desk.tell(RECEIVED, PAUSED, NOISE, RESUMED, now="09:20")
    until_paused = {"paused_for": 10 * MINUTE, "evidence": (RECEIVED, PAUSED, RESUMED)}

    desk.tell(now="09:30:02")
    assert [fields(told) for told in desk.step.announcements] == [
        of("at_risk", "warning", 1, "at_risk", due_at=at("09:30"), detected_at=at("09:30:02"), **until_paused)
    ]
    desk.tell(now="09:41")
    breached = of(
        "breached",
        "minor",
        1,
        "breached",
        due_at=at("09:40"),
        detected_at=at("09:41"),
        **until_paused | {"late_detection": True},
    )
    assert [fields(told) for told in desk.step.announcements] == [breached]

    desk.tell(RESPONDED, now="09:51")
    ended = {
        "due_at": at("09:40"),
        "stopped_at": at("09:50"),
        "paused_for": 10 * MINUTE,
        "elapsed_for": 40 * MINUTE,
        "overrun_for": 10 * MINUTE,
        "evidence": (RECEIVED, PAUSED, RESUMED, RESPONDED),
    }
    settled = of(
        "breach_settled",
        "minor",
        2,
        "breached",
        detected_at=at("09:51"),
        **ended,
        late_detection=True,
        reason="settled",
        cause=RESPONDED,
    )
    assert [fields(told) for told in desk.step.announcements] == [settled]

    withdrawn = fact("withdrawn", "09:45", id="w", source="/portal")
    desk.tell(withdrawn, now="09:52")
    assert [(told.type, told.level, told.revision) for told in desk.step.announcements] == [
        ("sla.breach_settled", "minor", 3),
        ("sla.cancelled", None, 1),
    ]
    cancelled = of(
        "cancelled",
        None,
        1,
        "cancelled",
        **ended
        | {
            "stopped_at": at("09:45"),
            "elapsed_for": 35 * MINUTE,
            "overrun_for": 5 * MINUTE,
            "evidence": (RECEIVED, PAUSED, RESUMED, withdrawn),
        },
        detected_at=at("09:52"),
        reason="withdrawn",
        cause=withdrawn,
    )
    assert fields(desk.step.announcements[1]) == cancelled

    earlier = fact("response_started", "09:25")
    desk.tell(earlier, now="09:53")
    in_time = {
        "stopped_at": at("09:25"),
        "paused_for": 10 * MINUTE,
        "elapsed_for": 15 * MINUTE,
        "overrun_for": 0,
        "evidence": (RECEIVED, PAUSED, RESUMED, earlier),
        "detected_at": at("09:53"),
    }
    because = {"reason": "late_fact", "cause": earlier}
    assert [fields(told) for told in desk.step.announcements] == [
        of("corrected", None, 2, "met", due_at=at("09:40"), **in_time, **because),
        of("met", None, 3, "met", due_at=at("09:40"), **in_time, **because),
        of("corrected", "warning", 2, "met", due_at=at("09:30"), **in_time, **because),
        of("breach_retracted", "minor", 4, "met", due_at=at("09:40"), **in_time, **because),
    ]


def test_when_the_receipt_itself_is_voided_the_retraction_keeps_the_due_instant_that_was_told():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00", id="r"), now="09:00")
    desk.tell(now="09:31")
    void = fact("voided", "09:40", event_id="r")
    assert desk.tell(void, now="09:40") == ["breach_retracted response/minor 2"]
    told = desk.step.announcements[0]
    assert (told.state, told.due_at, told.policy) == ("not_applicable", at("09:30"), None)
    assert told.evidence == (void,)


def test_a_clock_that_was_met_at_another_instant_is_corrected_and_told_again():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), fact("response_started", "09:10"), now="09:10")
    assert desk.tell(fact("response_started", "09:05"), now="09:11") == [
        "corrected response/- 2",
        "met response/- 3",
    ]
    assert [told.reason for told in desk.step.announcements] == ["late_fact", "late_fact"]


def test_a_breach_that_was_retracted_and_came_back_is_settled_again():
    desk = Desk(policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE})))
    desk.tell(fact("received", "09:00"), fact("response_started", "09:40"), now="09:41")
    assert desk.tell(fact("response_started", "09:10", id="x"), now="09:42") == [
        "met response/- 1",
        "breach_retracted response/minor 3",
    ]
    assert desk.tell(fact("voided", "09:43", event_id="x"), now="09:43") == [
        "breached response/minor 4",
        "breach_settled response/minor 5",
        "corrected response/- 2",
    ]


def test_a_silence_is_told_with_what_it_was_about():
    desk = Desk(
        policy(clock("response", "received", "response_started", {"major": 8 * HOUR}), stalled_after=MINUTE)
    )
    desk.tell(fact("received", "09:00"), fact("reassigned", "09:10"), now="09:10")
    desk.tell(now="09:12")
    told = desk.step.announcements[0]
    assert (told.started_at, told.due_at, told.stopped_at) == (at("09:10"), at("09:11"), None)
    assert (told.customer_id, told.policy, told.state) == ("c-1", desk.policies.versions[0], "at_risk")
    desk.tell(fact("reassigned", "09:12"), now="09:12")
    corrected = desk.step.announcements[0]
    assert (corrected.type, corrected.state, corrected.due_at) == ("sla.corrected", "running", at("09:11"))
    assert (corrected.customer_id, corrected.policy) == ("c-1", desk.policies.versions[0])
    assert [[one.time for one in each.evidence] for each in (told, corrected)] == [
        [at("09:10")],
        [at("09:12")],
    ]


def test_an_announcement_is_late_only_beyond_five_seconds():
    assert LATE_AFTER_MS == 5_000


def test_what_stands_is_told_as_a_first_revision_with_no_instant_of_detection():
    facts = [fact("received", "09:00"), fact("response_started", "09:40")]
    judgement = judge(facts, LETTER, "default", END_OF_TIME)
    told = standing(About("default", "T-1"), judgement, END_OF_TIME)
    assert [(each.type, each.clock, each.level) for each in told] == [
        ("sla.breach_settled", "response", "minor"),
        ("sla.breached", "resolution", "minor"),
        ("sla.breached", "resolution", "major"),
    ]
    assert {(each.revision, each.detected_at, each.late_detection, each.ticket_id) for each in told} == {
        (1, None, False, "T-1")
    }


def test_policies_may_ask_for_the_tenant():
    ours = policy(RESPONSE, match=(("tenant", frozenset({"acme"})),))
    facts = [fact("received", "09:00"), fact("feedback_delivered", "09:10"), fact("reopened", "09:20")]
    assert [len(judge(facts, ours, tenant, END_OF_TIME).runs) for tenant in ("acme", "other")] == [2, 0]


@pytest.mark.parametrize("seed", range(300))
def test_statements_are_what_the_second_judge_says_of_each_clock(seed):
    story = seeded(seed)
    judgement = judge(story.facts, story.policies, story.tenant, story.at)
    said = list(statements(judgement, story.at))
    expected = set()
    for row in naive_clocks(story.facts, story.policies, story.tenant, story.at):
        key = (row["cycle"], row["clock"])
        expected |= {(*key, None, word, None, None, None) for word in ("met", "cancelled") if row[word]}
        expected |= {(*key, level, "at_risk", None, None, None) for level in row["at_risk"]}
        expected |= {
            (*key, one["level"], "breached", one["paused_ms"], one["elapsed_ms"], one["overrun_ms"])
            for one in row["breached"]
        }
    for silence in naive_activity(story.facts, story.policies, story.tenant, story.at):
        key = (silence["cycle"], silence["clock"])
        expected.add((*key, silence["level"], "at_risk", None, None, None))
    assert {
        (*one.key, str(one.state), one.paused_for, one.elapsed_for, one.overrun_for)
        if one.state == "breached"
        else (*one.key, str(one.state), None, None, None)
        for one in said
    } == expected


@pytest.mark.parametrize(("retention", "days"), [(DAY, 2), (400 * DAY, 800)])
@pytest.mark.parametrize(("passed", "kept"), [(-1, 1), (0, 1), (1, 0)])
def test_a_ticket_paused_for_ever_is_forgotten_after_the_retention_and_as_long_again(
    retention, days, passed, kept
):
    pausing = policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE}, pauses=True))
    desk = Desk(pausing, retention)
    desk.tell(fact("received", "09:00"), fact("paused", "09:10"), now="09:10")
    desk.tell(now=at("09:10") + days * DAY + passed)
    assert len(desk.partition) == kept


@pytest.mark.parametrize(
    ("told", "late"), [("09:40:05.999", False), ("09:40:06.000", False), ("09:40:06.001", True)]
)
def test_the_end_of_a_breach_is_late_when_told_more_than_5_s_after_it_and_grace(told, late):
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:31")
    assert desk.tell(fact("response_started", "09:40"), now=told)[-1] == "breach_settled response/minor 2"
    assert desk.step.announcements[-1].late_detection is late


def test_the_evidence_names_the_start_of_cycle_and_clock_and_each_reclassification_that_could_matter():
    urgent = clock(
        "urgent", "response_started", "closed", {"minor": MINUTE}, (("priority", frozenset({"p1"})),)
    )
    plain = clock("plain", "response_started", "closed", {"minor": MINUTE})
    received, responded = fact("received", "09:00", priority="p1"), fact("response_started", "09:10")
    reclassified, noise = fact("reclassified", "09:05", region="north"), fact("reassigned", "09:06")
    desk = Desk(policy(urgent, plain))
    desk.tell(received, reclassified, noise, responded, now="09:20")
    assert [(told.clock, told.evidence) for told in desk.step.announcements] == [
        ("urgent", (received, reclassified, responded)),
        ("plain", (received, responded)),
    ]


def test_of_two_facts_in_one_step_the_second_may_be_the_cause():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:31")
    cause = fact("response_started", "09:10")
    desk.tell(fact("reassigned", "09:05"), cause, now="09:32")
    assert [told.cause for told in desk.step.announcements if told.reason] == [cause]


def test_a_partition_chooses_policies_by_the_tenant_in_the_key():
    ours = policy(RESPONSE, match=(("tenant", frozenset({"acme"})),))
    told = {}
    for tenant in ("acme", "other"):
        partition = ticket_partition(ours, DAY)
        arrival = (f"T-1@{tenant}", fact("received", "09:00"))
        step = partition.step([arrival], at=at("09:31"), now=0, offset=0, grace=0)
        told[tenant] = [(each.tenant, each.breach_id) for each in step.announcements]
    assert told == {"acme": [("acme", breach_id("acme", "T-1", (1, "response", "minor")))], "other": []}


def test_what_stands_has_the_names_of_what_the_service_tells():
    facts = [fact("received", "09:00"), fact("response_started", "09:40")]
    told = standing(About("acme", "T-1"), judge(facts, policy(RESPONSE), "acme", at("09:50")), at("09:50"))
    assert [(each.tenant, each.breach_id) for each in told] == [
        ("acme", breach_id("acme", "T-1", (1, "response", "minor")))
    ]


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("09:09:59.999", "running"),
        ("09:10:00.000", "paused"),
        ("09:19:59.999", "paused"),
        ("09:20", "running"),
    ],
)
def test_a_clock_is_paused_from_the_pause_up_to_the_resumption(now, state):
    pausing = policy(clock("response", "received", "response_started", {"minor": HOUR}, pauses=True))
    facts = [fact("received", "09:00"), fact("paused", "09:10"), fact("resumed", "09:20")]
    assert str(judge(facts, pausing, "default", at(now)).runs[0].verdicts[0].state) == state


def test_the_correction_of_a_clock_says_what_its_first_breach_level_is_now():
    """Not what a warning due at the same instant is, and not nothing where there are only warnings."""
    both = clock("both", "received", "resolved", {"warning": HOUR, "minor": HOUR})
    soft = clock("soft", "received", "resolved", {"warning": 2 * HOUR})
    desk = Desk(policy(both, soft))
    desk.tell(fact("received", "09:00"), fact("resolved", "09:30", id="x"), now="09:30")
    desk.tell(fact("voided", "10:30", event_id="x"), now="10:30")
    corrected = {
        told.clock: str(told.state) for told in desk.step.announcements if told.type == "sla.corrected"
    }
    assert corrected == {"both": "breached", "soft": "running"}


def test_a_warning_told_of_a_clock_that_has_ended_stands_though_the_customer_changes():
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00"), now="09:00")
    desk.tell(now="09:25")
    desk.tell(fact("response_started", "09:26"), now="09:26")
    told = desk.tell(fact("received", "09:00", id="0", source="/a", customer_id="c-2"), now="09:27")
    assert told == ["corrected response/- 2", "met response/- 3"]


def test_no_policy_means_no_clock_and_is_counted():
    desk = Desk(Policies([]))
    assert desk.tell(fact("received", "09:00"), now="09:00") == []
    assert desk.step.unjudged == ["default"]
    desk.tell(fact("reassigned", "09:01"), now="09:01")
    assert desk.step.unjudged == []
    assert Desk(LETTER).tell(fact("received", "09:00"), now="09:00") == []
