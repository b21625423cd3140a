"""A partition that judges by other policies from now on says what it would say had it known them before."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from service.sla import state
from service.sla.announcement import Announcement
from service.sla.changes import About, standing
from service.sla.facts import Fact
from service.sla.judge import judge
from service.sla.partition import ADOPTED_AT_ONCE, Partition
from service.sla.policy import Policies, Policy
from service.sla.state import Ticket
from service.sla.tickets import ticket_partition
from tests.sla.desks import SUPPORT, Support, desk_policy
from tests.sla.hours import calendar
from tests.sla.stories import DAY, HOUR, MINUTE, at, clock, fact
from tests.sla.test_law import net, well_formed
from tests.sla.test_partition import Desk
from tests.sla.test_unknown_year import LETTER, RECEIVED, ms

TARGETS = (30 * MINUTE, 20 * MINUTE, 10 * MINUTE)
EFFECTIVE = at("10:00")
CROWD = 2 * ADOPTED_AT_ONCE + 1


def version(number: int, since: int, target: int) -> Policy:
    response = clock("response", "received", "response_started", {"minor": target})
    return Policy("letter", number, f"{number}" * 64, since, {}, (), (response,))


FIRST = Policies([version(1, 0, TARGETS[0])])
BOTH = Policies([*FIRST.versions, version(2, EFFECTIVE, TARGETS[1])])


def adopt(desk: Desk, policies: Policies) -> None:
    for _ in desk.partition.adopt(policies):
        pass
    desk.policies = policies


@pytest.mark.parametrize(("early", "target"), [(1, TARGETS[0]), (0, TARGETS[1]), (-1, TARGETS[1])])
@pytest.mark.parametrize("known_before", [True, False])
@pytest.mark.parametrize("restarts", [True, False])
def test_the_start_of_a_cycle_decides_not_when_the_version_was_heard_of(
    early: int, target: int, known_before: bool, restarts: bool
) -> None:
    """A receipt may be dated ahead: then it was judged by the policies of before."""
    desk, received = Desk(FIRST), fact("received", EFFECTIVE - early)
    if known_before:
        desk.tell(received, now="09:58")
    adopt(desk, BOTH)
    if restarts:
        desk.restart()
    if not known_before:
        desk.tell(received, now="09:59")
    assert desk.tell(now=EFFECTIVE - early + target) == []
    assert desk.tell(now=EFFECTIVE - early + target + 1) == ["breached response/minor 1"]
    assert desk.step.announcements[0].policy.version == (1 if early > 0 else 2)


def test_what_began_before_is_not_looked_at() -> None:
    desk = Desk(FIRST)
    desk.tell(fact("received", EFFECTIVE - 1), now="09:59")
    adopt(desk, BOTH)
    desk.tell(now="10:10")
    assert desk.step.changes == {}


def test_the_same_policies_change_nothing() -> None:
    desk = Desk(FIRST)
    desk.tell(fact("received", EFFECTIVE), now="09:59")
    adopt(desk, Policies(FIRST.versions))
    desk.tell(now="10:10")
    assert desk.step.changes == {}


def test_a_ticket_that_waits_for_a_year_gets_its_due_instants_once_the_year_is_there() -> None:
    desk = Desk(LETTER)
    desk.tell(RECEIVED, fact("response_started", RECEIVED.time), now=ms("2026-12-30 12:00"))
    (letter,) = LETTER.versions
    response, result = letter.clocks
    later = type(result)(
        result.name,
        result.clause,
        result.start,
        result.stop,
        result.when,
        result.pauses,
        result.levels,
        calendar("UTC", range(2026, 2028), mon_fri="9-17"),
    )
    grown = Policies([Policy("letter", 1, "0" * 64, 0, {}, (), (response, later))])
    desk.tell(now=ms("2027-01-04 16:00"))
    adopt(desk, grown)
    assert desk.tell(now=ms("2027-01-04 17:00")) == []
    assert desk.tell(now=ms("2027-01-04 17:00") + 1) == ["breached result/major 1"]


def test_a_desk_that_a_new_version_names_is_judged_though_it_never_spoke() -> None:
    support = Support(Policies([]))
    assert support.tell(now="09:00") == []
    for _ in support.partition.adopt(Policies([desk_policy(SUPPORT, since=at("10:00"))])):
        pass
    assert support.tell(now="10:05") == []
    assert support.tell(now="10:05:00.001") == ["breached technical_support/major 1"]


def test_it_looks_at_few_states_at_a_time() -> None:
    assert sum(1 for _ in crowded().adopt(BOTH)) == 2


def test_an_adoption_that_was_abandoned_is_done_again_in_full() -> None:
    """A tenure may end in the middle, and leave its memory to the next one."""
    partition, due = crowded(), EFFECTIVE + TARGETS[1] + 1
    next(partition.adopt(BOTH))
    assert judged(partition, at("10:00")) == {}
    for _ in partition.adopt(BOTH):
        pass
    assert judged(partition, due - 1) == {}
    assert judged(partition, due) == {2: CROWD}


def judged(partition: Partition[Ticket], until: int) -> Counter[int]:
    """Judge all that lapsed; return how many breaches each version has."""
    found: Counter[int] = Counter()
    while (due := partition.next_at()) is not None and due < until:
        step = partition.step((), at=until, now=until, offset=1, grace=0)
        found.update(one.policy.version for one in step.announcements)
    return found


def crowded() -> Partition[Ticket]:
    """A partition with more tickets than are looked at at once."""
    partition, desk = ticket_partition(FIRST, DAY), Desk(FIRST)
    desk.tell(fact("received", EFFECTIVE), now="09:59")
    (value,) = desk.changelog.values()
    for number in range(CROWD):
        partition.restore(f"T-{number}@default", value)
    return partition


def test_a_state_says_how_late_its_latest_fact_is() -> None:
    desk = Desk(FIRST)
    desk.tell(fact("received", "09:00"), fact("closed", "09:30"), fact("reassigned", "09:10"), now="09:01")
    (value,) = desk.changelog.values()
    assert state.latest(value) == state.header(value).latest == at("09:30")


@st.composite
def histories(draw) -> tuple[list[tuple[list[Fact], int, int | None]], list[Policy]]:
    """Steps (facts, watermark, the version that becomes known after it), and all versions.

    A version takes effect after the watermark of the step in which it becomes known: as publication demands.
    """
    steps, versions, now = [], [version(1, 0, TARGETS[0])], at("08:00")
    for _ in range(draw(st.integers(1, 6))):
        now += draw(st.integers(0, 90 * MINUTE))
        facts = [
            replace(
                fact(word, now + draw(st.integers(-40 * MINUTE, 40 * MINUTE))),
                id=str(draw(st.integers(0, 9))),
                offset=0,
            )
            for word in draw(
                st.lists(st.sampled_from(["received", "response_started", "reopened"]), max_size=3)
            )
        ]
        known = None
        if draw(st.booleans()):
            known = len(versions) + 1
            since = max(now, versions[-1].effective_from) + draw(st.integers(1, HOUR))
            versions.append(version(known, since, draw(st.sampled_from(TARGETS))))
        steps.append((facts, now, known))
    return steps, versions


@settings(max_examples=500, deadline=None)
@given(histories(), st.data())
def test_whenever_a_version_becomes_known_the_result_is_that_of_all_versions(history, data) -> None:
    steps, versions = history
    desk, announced = Desk(Policies(versions[:1])), list[Announcement]()
    facts: list[Fact] = []
    for new, now, known in steps:
        desk.tell(*new, now=now)
        announced += desk.step.announcements
        facts += new
        if known is not None:
            adopt(desk, Policies(versions[:known]))
        if data.draw(st.booleans()):
            desk.restart()
    end = steps[-1][1] + DAY
    desk.tell(now=end)
    announced += desk.step.announcements
    well_formed(announced)
    assert net(announced) == net(_of_all(facts, versions, end))


def _of_all(facts: Sequence[Fact], versions: Sequence[Policy], end: int) -> list[Announcement]:
    return standing(About("default", "T-1"), judge(facts, Policies(versions), "default", end), end)
