"""The law where hours count, and where the calendar ends in the middle of the story."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from msgspec import structs

from service.sla.announcement import Announcement
from service.sla.calendar.working_hours import WorkingTime
from service.sla.changes import About, standing
from service.sla.facts import Fact
from service.sla.judge import judge
from service.sla.policy import Policies
from service.sla.tickets import ticket_partition
from tests.naive.histories import seeded
from tests.naive.policies import BEGIN, STEP, TENANT
from tests.sla.hours import at, calendar
from tests.sla.test_law import KEY, RETENTION, net, well_formed

OFFICE = calendar("Europe/Berlin", None, mon_fri="8-20")
LUNCH = calendar("Asia/Shanghai", None, mon_sun="9-12 13-18")
ENDING = calendar("UTC", range(2026, 2027), mon_sun="0-24")
NEW_YEAR = at(ENDING, "2027-01-01")


def announced(dice: Random, facts: Sequence[Fact], policies: Policies, end: int) -> list[Announcement]:
    """What is told up to `end` of facts in any order and cut, some of them twice, over some restarts."""
    arrivals = dice.sample([*facts, *facts[:2]], len(facts) + len(facts[:2]))
    partition, changelog, told = ticket_partition(policies, RETENTION), {}, []
    instants = [*sorted(dice.randint(end - 10**7, end) for _ in range(4)), end]
    for instant in instants:
        many = len(arrivals) if instant == end else dice.randint(0, len(arrivals))
        batch, arrivals = arrivals[:many], arrivals[many:]
        if dice.random() < 0.4:
            partition = ticket_partition(policies, RETENTION)
            for key, value in changelog.items():
                partition.restore(key, value)
        for some in ([(KEY, fact) for fact in batch], []):
            step = partition.step(some, at=instant, now=instant, offset=0, grace=0)
            changelog |= step.changes
            told += step.announcements
    return told


@pytest.mark.parametrize(
    ("hours", "begin"),
    [(OFFICE, BEGIN), (LUNCH, BEGIN), (ENDING, NEW_YEAR), (ENDING, NEW_YEAR - 3 * STEP)],
    ids=["office", "lunch", "from the end of the calendar", "over the end of the calendar"],
)
def test_any_order_and_restart_give_what_the_judge_says_of_the_whole(hours: WorkingTime, begin: int):
    for seed in range(100):
        story = seeded(seed)
        facts = [structs.replace(fact, time=fact.time + begin - BEGIN) for fact in story.facts]
        policies = Policies(
            replace(policy, clocks=tuple(replace(clock, calendar=hours) for clock in policy.clocks))
            for policy in story.policies.versions
        )
        end = story.at + begin - BEGIN
        told = announced(Random(seed), facts, policies, end)
        judgement = judge(facts, policies, TENANT, end)
        assert net(told) == net(standing(About(TENANT, "t1"), judgement, end)), seed
        well_formed(told)
