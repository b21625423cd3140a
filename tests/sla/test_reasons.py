"""Why a revision was made: the reason, and the fact that is its cause."""

from collections.abc import Sequence

import pytest

from service.events.announced import verdict
from service.sla.calendar.calendar import ALWAYS
from service.sla.cause import RETRACTED_FOR
from service.sla.facts import Fact, Kind
from service.sla.policy import Clock, Level, Policies, Policy
from tests.sla.hours import calendar
from tests.sla.stories import HOUR, MINUTE, clock, fact, policy
from tests.sla.test_partition import Desk, brief

RESPONSE = clock("response", "received", "response_started", {"minor": 30 * MINUTE}, pauses=True)
RECEIVED = fact("received", "09:00", id="r")
ANSWERED = fact("response_started", "09:40", id="a")
EARLIER, LATER = fact("response_started", "09:10", id="x"), fact("response_started", "09:50", id="l")
PAUSED, RESUMED = fact("paused", "09:05", id="p"), fact("resumed", "09:15", id="q")
WITHDRAWN = fact("withdrawn", "09:35", id="w")
MOVED = fact("reassigned", "09:20", id="m", team="second")
OTHER_RECEIPT = fact("received", "08:50", id="o")


def void(of: Fact, time: str = "09:45") -> Fact:
    return fact("voided", time, id=f"void-{of.id}", event_id=of.id)


def told(*steps: tuple[str, Sequence[Fact]]) -> list[tuple[str, str | None, str | None]]:
    """Each announcement of the last step, its reason, and the id of its cause."""
    desk = Desk(policy(RESPONSE))
    for now, facts in steps:
        desk.tell(*facts, now=now)
    return [(brief(one), one.reason, one.cause and one.cause.id) for one in desk.step.announcements]


BREACHED = ("09:00", [RECEIVED]), ("09:31", [])
RETRACTED = *BREACHED, ("09:42", [EARLIER])
SETTLED = *BREACHED, ("09:42", [ANSWERED])
STORIES = {
    "a breach": (BREACHED, [("breached response/minor 1", None, None)]),
    "its end": (SETTLED, [("breach_settled response/minor 2", "settled", "a")]),
    "its end by a withdrawal": (
        (*BREACHED, ("09:42", [WITHDRAWN])),
        [
            ("breach_settled response/minor 2", "settled", "w"),
            ("cancelled response/- 1", "withdrawn", "w"),
        ],
    ),
    "a late answer": (
        RETRACTED,
        [("met response/- 1", None, None), ("breach_retracted response/minor 2", "late_fact", "x")],
    ),
    "a late answer that was a mistake": (
        (*RETRACTED, ("09:45", [void(EARLIER)])),
        [
            ("breached response/minor 3", "voided", "void-x"),
            ("corrected response/- 2", "voided", "void-x"),
        ],
    ),
    "the same, and it has ended": (
        (*RETRACTED, ("09:45", [void(EARLIER), ANSWERED])),
        [
            ("breached response/minor 3", "voided", "void-x"),
            ("breach_settled response/minor 4", "settled", "a"),
            ("corrected response/- 2", "voided", "void-x"),
        ],
    ),
    "an end that was a mistake": (
        (*SETTLED, ("09:45", [void(ANSWERED)])),
        [("breached response/minor 3", "voided", "void-a")],
    ),
    "another end": (
        (*SETTLED, ("09:45", [fact("response_started", "09:35", id="e")])),
        [("breach_settled response/minor 3", "late_fact", "e")],
    ),
    "a due instant that moves": (
        (*BREACHED, ("09:32", [OTHER_RECEIPT])),
        [("breached response/minor 2", "late_fact", "o")],
    ),
    "a due instant that moves, and the end": (
        (*BREACHED, ("09:52", [LATER, PAUSED, RESUMED])),
        [("breach_settled response/minor 2", "late_fact", "p")],
    ),
    "attributes that change before it is due": (
        (*BREACHED, ("09:32", [MOVED])),
        [("breached response/minor 2", "reclassified", "m")],
    ),
    "a late pause": (
        (*BREACHED, ("09:32", [PAUSED, RESUMED])),
        [("breach_retracted response/minor 2", "late_fact", "p")],
    ),
    "after a late pause the same level is due anew, by nobody's doing": (
        (*BREACHED, ("09:32", [PAUSED, RESUMED]), ("09:41", [])),
        [("breached response/minor 3", None, None)],
    ),
    "due anew, and a fact that changes nothing": (
        (*BREACHED, ("09:32", [PAUSED, RESUMED]), ("09:41", [fact("closed", "09:41")])),
        [("breached response/minor 3", None, None)],
    ),
    "a cancellation that comes earlier": (
        (*BREACHED[:1], ("09:36", [WITHDRAWN]), ("09:37", [fact("withdrawn", "09:20", id="v")])),
        [
            ("breach_retracted response/minor 3", "late_fact", "v"),
            ("corrected response/- 2", "late_fact", "v"),
            ("cancelled response/- 3", "withdrawn", "v"),
        ],
    ),
}


@pytest.mark.parametrize(("steps", "expected"), STORIES.values(), ids=STORIES)
def test_a_revision_says_why(steps, expected) -> None:
    assert sorted(told(*steps)) == sorted(expected)


@pytest.mark.parametrize(("steps", "expected"), STORIES.values(), ids=STORIES)
def test_a_breach_is_taken_back_for_a_reason_of_the_closed_list(steps, expected) -> None:
    del expected
    reasons = {reason for said, reason, _ in told(*steps) if said.startswith("breach_retracted")}
    assert reasons <= set(RETRACTED_FOR)


@pytest.mark.parametrize(("target", "reason"), [(31 * MINUTE - 1, "policy_changed"), (31 * MINUTE, None)])
def test_what_was_true_already_is_true_by_other_policies_and_what_lapses_now_by_time(target, reason) -> None:
    """A breach was taken back at 09:31; by the policies of now it is due a moment before that, or then."""
    desk = Desk(policy(RESPONSE))
    desk.tell(RECEIVED, now="09:00")
    desk.tell(now="09:30:00.001")
    desk.tell(PAUSED, RESUMED, now="09:31")
    assert [brief(one) for one in desk.step.announcements] == ["breach_retracted response/minor 2"]
    desk.policies = policy(clock("response", "received", "response_started", {"minor": target}), id="other")
    desk.restart()
    desk.tell(now="09:32")
    (again,) = desk.step.announcements
    assert (brief(again), again.reason) == ("breached response/minor 3", reason)


@pytest.mark.parametrize(
    ("moved_at", "team"),
    [("09:29:59.999", "second"), ("09:30:00.000", "second"), ("09:30:00.001", None)],
)
def test_a_breach_tells_the_attributes_of_its_due_instant(moved_at, team) -> None:
    desk = Desk(policy(RESPONSE))
    desk.tell(RECEIVED, fact("reassigned", moved_at, team="second"), now="09:31")
    assert [one.attributes[-1] for one in desk.step.announcements] == [team]


@pytest.mark.parametrize(("moved_at", "team"), [("09:19:59.999", "second"), ("09:20", None)])
def test_the_end_of_a_clock_tells_the_attributes_before_it_in_fact_order(moved_at, team) -> None:
    desk = Desk(policy(RESPONSE))
    answered = fact("response_started", "09:20")
    desk.tell(RECEIVED, answered, fact("reassigned", moved_at, team="second"), now="09:21")
    assert [(brief(one), one.attributes[-1]) for one in desk.step.announcements] == [
        ("met response/- 1", team)
    ]


def test_what_becomes_due_by_a_reclassification_tells_the_attributes_of_then() -> None:
    general = (("complexity", frozenset({"general"})),)
    answer = clock("answer", "received", "resolved", {"minor": HOUR}, general)
    desk = Desk(policy(answer))
    away = fact("reclassified", "09:30", complexity="complex")
    back = fact("reclassified", "10:30", complexity="general", region="north")
    desk.tell(fact("received", "09:00"), away, back, now="10:31")
    assert [one.attributes for one in desk.step.announcements] == [
        ("phone", "general", None, None, None, "north", None)
    ]


def test_what_is_taken_back_tells_the_attributes_as_told_before() -> None:
    desk = Desk(policy(RESPONSE))
    desk.tell(fact("received", "09:00", id="r", region="south"), now="09:31")
    other = fact("received", "08:59", id="z", region="north")  # the earlier receipt gives the attributes
    desk.tell(other, EARLIER, now="09:32")
    regions = {brief(one): one.attributes[-2] for one in desk.step.announcements}
    assert regions == {"met response/- 1": "north", "breach_retracted response/minor 2": "south"}


def test_attributes_are_kept_once_for_all_that_told_them() -> None:
    desk = Desk(policy(RESPONSE, clock("answer", "received", "resolved", {"minor": HOUR})))
    desk.tell(RECEIVED, now="10:01")
    moved = fact("reassigned", "09:45", team="second")
    desk.tell(moved, now="10:02")
    assert [brief(one) for one in desk.step.announcements] == ["breached answer/minor 2"]
    known = desk.partition.open("T-1@default")
    assert [attributes[-1] for attributes in known.attributes] == [None, "second"]
    assert [one.attributes for one in known.announced] == [0, 1]


WORKING = calendar("Asia/Shanghai", mon_sun="0-24")
ZONES = {
    "of the clock's calendar": ("Europe/Paris", WORKING, "Asia/Shanghai"),
    "of the policy": ("Europe/Paris", ALWAYS, "Europe/Paris"),
    "an offset": ("+08:00", ALWAYS, "+08:00"),
}


@pytest.mark.parametrize(("of_policy", "of_clock", "told"), ZONES.values(), ids=ZONES)
def test_an_announcement_names_the_zone_in_which_its_month_begins_and_the_rank(
    of_policy, of_clock, told
) -> None:
    levels = (Level("warning", MINUTE), Level("minor", 2 * MINUTE, rank=1), Level("major", HOUR, rank=2))
    stops = frozenset({Kind.RESPONSE_STARTED})
    response = Clock("response", "0", Kind.RECEIVED, stops, (), False, levels, of_clock)
    held = Policy("p", 1, "0" * 64, 0, {}, (), (response,), 3 * MINUTE, agreement="internal", zone=of_policy)
    desk = Desk(Policies([held]))
    desk.tell(RECEIVED, now="09:01:30")
    said = list(desk.step.announcements)
    desk.tell(now="10:01")
    said += desk.step.announcements
    assert {(one.clock, one.level): (one.zone, one.rank) for one in said} == {
        ("response", "warning"): (told, None),
        ("response", "minor"): (told, 1),
        ("response", "major"): (told, 2),
        ("activity@internal", "warning"): (of_policy, None),
    }
    assert {verdict(one).policy.agreement for one in said} == {"internal"}
