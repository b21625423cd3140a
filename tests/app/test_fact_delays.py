"""How late facts come into the log is measured by source; facts that lie ahead of it are counted."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from msgspec.structs import replace

from service.sla.facts import Fact
from service.sla.history import MOST_FACTS
from service.sla.partition import Partition, Step
from service.sla.tickets import ticket_partition
from service.telemetry.fact_delays import FactDelays
from service.telemetry.metric_names import AHEAD_LIMIT_MS, FACT_DELAY, MOST_SOURCES
from service.telemetry.metrics import Metrics
from service.telemetry.recorder import Recorder
from tests.app.test_metrics import metrics, text
from tests.sla.stories import DAY, LETTER, MINUTE, SECOND, at, fact


def late(by: int, source: str = "/desk") -> Fact:
    """A fact that came into the log so many ms after its time; below 0: that lies ahead."""
    happened = fact("received", "09:00", source=source)
    return replace(happened, recorded_at=happened.time + by)


def counted(*facts: Fact) -> Metrics:
    shared = metrics()
    FactDelays(shared).count(facts)
    return shared


def value(of: Metrics, name: str, source: str = "/desk", **labels: str) -> float | None:
    return of.registry.get_sample_value(name, {"source": source, **labels})


@pytest.mark.parametrize(("delay", "within"), [(999, 1), (1_000, 1), (1_001, 0)])
def test_a_delay_is_from_the_time_of_the_fact_to_its_log_time(delay: int, within: int) -> None:
    shared = counted(late(delay))
    assert value(shared, "sla_fact_delay_seconds_bucket", le="1.0") == within
    assert value(shared, "sla_fact_delay_seconds_count") == 1
    assert value(shared, "sla_fact_delay_seconds_sum") == delay / 1_000


def test_a_grace_between_100_ms_and_a_day_can_be_read_to_a_factor_of_three() -> None:
    bounds = FACT_DELAY.buckets
    assert (bounds[0], bounds[-1]) == (0.1, 86_400)
    assert all(above <= 3 * below for below, above in pairwise(bounds))


@pytest.mark.parametrize(
    ("ahead", "count"), [(AHEAD_LIMIT_MS - 1, 0), (AHEAD_LIMIT_MS, 0), (AHEAD_LIMIT_MS + 1, 1)]
)
def test_a_fact_that_lies_ahead_of_the_log_by_more_than_the_limit_is_counted(ahead: int, count: int) -> None:
    shared = counted(late(-ahead))
    assert value(shared, "sla_facts_ahead_total") == count
    assert value(shared, "sla_fact_delay_seconds_sum") == 0
    assert value(shared, "sla_fact_delay_seconds_count") == 1


def test_the_limit_lies_between_the_skew_of_clocks_and_the_least_difference_of_time_zones() -> None:
    assert MINUTE < AHEAD_LIMIT_MS < 15 * MINUTE


def test_each_source_has_series_of_its_own_from_its_first_fact_on() -> None:
    shared = counted(late(20), late(-8 * 3_600 * SECOND, source="/local-time"))
    assert value(shared, "sla_facts_ahead_total") == 0
    assert value(shared, "sla_facts_ahead_total", "/local-time") == 1
    assert value(shared, "sla_fact_delay_seconds_count", "/local-time") == 1


def test_sources_beyond_the_bound_count_as_other_and_the_first_ones_keep_their_series() -> None:
    named = [f"/desk/{number}" for number in range(MOST_SOURCES)]
    shared = counted(*(late(20, source) for source in [*named, "/one-more", "/two-more", named[-1]]))
    assert value(shared, "sla_fact_delay_seconds_count", named[-1]) == 2
    assert value(shared, "sla_fact_delay_seconds_count", "other") == 2
    assert value(shared, "sla_fact_delay_seconds_count", "/one-more") is None


def test_other_is_there_from_the_start() -> None:
    assert 'sla_fact_delay_seconds_count{source="other"} 0.0' in text(metrics())
    assert 'sla_facts_ahead_total{source="other"} 0.0' in text(metrics())


@pytest.mark.parametrize(
    ("source", "shown"),
    [("/desk\u202e", "/desk<U+202E>"), ("/de\u200bsk", "/de<U+200B>sk"), ("/\ud800", "/<U+D800>")],
)
def test_what_cannot_be_seen_in_a_source_is_shown(source: str, shown: str) -> None:
    shared = counted(late(20, source))
    assert f'sla_fact_delay_seconds_count{{source="{shown}"}} 1.0' in text(shared)


def judged(partition: Partition, *facts: Fact) -> Step:
    """The step in which the facts arrive for one ticket."""
    arrivals = [("T-1@default", one) for one in facts]
    return partition.step(arrivals, at=at("09:00"), now=at("09:00"), offset=0, grace=0)


def committed(steps: Sequence[Step]) -> float | None:
    shared = metrics()
    Recorder(shared, grace=1_000).committed(steps, records=1, now=at("09:00"), seconds=0.01)
    return value(shared, "sla_fact_delay_seconds_count")


def test_a_repetition_is_not_counted_again_and_other_content_is() -> None:
    partition, first = ticket_partition(LETTER, 35 * DAY), late(20)
    before = replace(first, time=first.time - 1)
    assert committed([judged(partition, first)]) == 1
    assert committed([judged(partition, replace(first, recorded_at=first.time + DAY))]) is None
    assert committed([judged(partition, before)]) == 1
    assert committed([judged(partition, replace(first, recorded_at=first.time + DAY))]) is None


def test_what_a_full_ticket_refuses_is_not_counted() -> None:
    partition = ticket_partition(LETTER, 35 * DAY)
    assert committed([judged(partition, *(late(20) for _ in range(MOST_FACTS + 1)))]) == MOST_FACTS
