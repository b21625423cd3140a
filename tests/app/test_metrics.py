"""Metrics: a closed list, complete from the start, that names nobody."""

from dataclasses import dataclass

from service.meter import Meter
from service.metrics import Metrics
from service.sla.partition import Step

CLOCKS = [("response", "warning"), ("response", "minor")]


@dataclass(frozen=True)
class Owned:
    tickets: int = 2
    armed: int = 3
    lag: int = 4
    restored: int = 5
    total: int = 7
    seconds_left: float | None = 1.5


def metrics() -> Metrics:
    return Metrics(CLOCKS, ["not_json"], {"version": "1"})


def text(of: Metrics, **partitions: Owned) -> str:
    return of.render({int(number.removeprefix("p")): owned for number, owned in partitions.items()}).decode()


def test_all_label_sets_are_there_before_anything_happened() -> None:
    shown = text(metrics())
    for line in (
        'sla_breaches_total{clock="response",level="minor"} 0.0',
        'sla_met_total{clock="response"} 0.0',
        'sla_corrected_total{clock="response",level=""} 0.0',
        'sla_records_rejected_total{reason="not_json"} 0.0',
        'sla_facts_total{outcome="repeated"} 0.0',
        "sla_lateness_seconds_count 0.0",
    ):
        assert f"\n{line}\n" in shown


def test_a_partition_that_went_elsewhere_is_no_longer_shown() -> None:
    shared = metrics()
    before, after = text(shared, p0=Owned(), p1=Owned()), text(shared, p1=Owned())
    assert 'sla_restore_remaining_records{partition="0"} 2.0' in before
    assert 'sla_restore_remaining_seconds{partition="0"} 1.5' in before
    assert 'partition="0"' not in after
    assert 'sla_deadlines_armed{partition="1"} 3.0' in after


def test_a_clock_that_was_set_is_shown() -> None:
    assert "\nsla_clock_astray_seconds 0.0\n" in metrics().render({}).decode()
    assert "\nsla_clock_astray_seconds -3600.0\n" in metrics().render({}, astray=-3_600_000).decode()


def test_every_metric_says_when_to_worry() -> None:
    helps = [
        line for line in text(metrics()).splitlines() if line.startswith("# HELP") and "_created" not in line
    ]
    assert [line for line in helps if "Worry" not in line] == []


def test_no_label_could_name_a_ticket_or_a_customer() -> None:
    labels = {
        name for family in metrics().registry.collect() for sample in family.samples for name in sample.labels
    }
    assert labels <= {"clock", "level", "reason", "outcome", "partition", "le", "version"}


def test_what_was_committed_is_counted() -> None:
    counted = metrics()
    meter = Meter(counted)
    meter.committed(0, Step(unjudged=1), records=3, now=0, seconds=0.01)
    meter.rejected(0, "not_json")
    meter.fenced(0)
    shown = text(counted)
    assert "sla_records_processed_total 3.0" in shown
    assert "sla_tickets_without_policy_total 1.0" in shown
    assert 'sla_records_rejected_total{reason="not_json"} 1.0' in shown
    assert "sla_fenced_total 1.0" in shown
