"""The made-up histories reach the corners where two good judges differ, so that agreeing means something."""

from collections.abc import Callable
from itertools import groupby

import pytest

from service.sla.facts import Fact, Kind
from tests.naive.histories import Made, seeded
from tests.naive.judge import pauses_of, runs
from tests.naive.story import counted, cycles, ordered

STORIES = [seeded(seed) for seed in range(600)]


def content(fact: Fact) -> tuple:
    return fact.time, fact.kind, str(sorted(fact.data.items()))


def equal_instants(story: Made) -> bool:
    times = [fact.time for fact in counted(story.facts)]
    return len(set(times)) < len(times)


def conflicting_identities(story: Made) -> bool:
    said = {(fact.source, fact.id, content(fact)) for fact in story.facts}
    return len({row[:2] for row in said}) < len(said)


def voids_that_hit(story: Made) -> bool:
    return len(counted(story.facts)) < len({(fact.source, fact.id) for fact in story.facts})


def several_receipts(story: Made) -> bool:
    return sum(fact.kind == Kind.RECEIVED for fact in counted(story.facts)) > 1


def facts_dated_before_the_receipt(story: Made) -> bool:
    line = ordered(story.facts)
    return any(fact.time < line[0].time for fact in line)


def refusals_that_start(story: Made) -> bool:
    return any(fact.kind == Kind.REFUSED for fact in ordered(story.facts)[:1])


def pauses_of_several_reasons_at_once(story: Made) -> bool:
    spans = pauses_of(ordered(story.facts))
    return any(
        one.data != other.data and one.time <= other.time and (end is None or other.time < end)
        for one, end in spans
        for other, _ in spans
    )


def a_pause_and_a_resumption_at_one_instant(story: Made) -> bool:
    flips = [fact for fact in ordered(story.facts) if fact.kind in (Kind.PAUSED, Kind.RESUMED)]
    at_once = groupby(sorted(flips, key=lambda fact: fact.time), key=lambda fact: fact.time)
    return any(len({fact.kind for fact in together}) == 2 for _, together in at_once)


def a_second_cycle(story: Made) -> bool:
    return len(cycles(story.facts, story.policies, story.tenant)) > 1


def a_reopening_at_the_instant_of_a_stop(story: Made) -> bool:
    told = runs(story.facts, story.policies, story.tenant)
    return any(
        run.how == "met" and run.cycle.reopened and run.stopped == run.cycle.instant(run.cycle.reopened)
        for run in told
    )


def a_clock_that_ends_within_a_millisecond_of_its_due_instant(story: Made) -> bool:
    return any(
        run.stopped is not None and due is not None and abs(run.stopped - due) <= 1
        for run in runs(story.facts, story.policies, story.tenant)
        for due in map(run.due, run.clock.levels)
    )


def a_reclassification_at_a_due_instant(story: Made) -> bool:
    return any(
        fact.kind == Kind.RECLASSIFIED and run.clock.when and run.cycle.instant(fact) in dues
        for run in runs(story.facts, story.policies, story.tenant)
        for dues in [[run.due(level) for level in run.clock.levels]]
        for fact in run.cycle.facts
    )


def a_clock_that_ended_in_a_pause(story: Made) -> bool:
    return any(
        run.stopped is not None and run.due(level) is None
        for run in runs(story.facts, story.policies, story.tenant)
        for level in run.clock.levels
    )


CORNERS = [
    equal_instants,
    conflicting_identities,
    voids_that_hit,
    several_receipts,
    facts_dated_before_the_receipt,
    refusals_that_start,
    pauses_of_several_reasons_at_once,
    a_pause_and_a_resumption_at_one_instant,
    a_second_cycle,
    a_reopening_at_the_instant_of_a_stop,
    a_clock_that_ends_within_a_millisecond_of_its_due_instant,
    a_reclassification_at_a_due_instant,
    a_clock_that_ended_in_a_pause,
]


@pytest.mark.parametrize("corner", CORNERS, ids=lambda corner: corner.__name__)
def test_one_made_up_history_in_a_hundred_has(corner: Callable[[Made], bool]) -> None:
    assert sum(map(corner, STORIES)) >= len(STORIES) / 100
