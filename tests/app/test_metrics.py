"""Metrics: a closed list, complete from the start, that names nobody."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from service.sla.cause import RETRACTED_FOR
from service.sla.facts import Fact
from service.sla.partition import Step
from service.sla.tickets import ticket_partition
from service.telemetry.metrics import Metrics
from service.telemetry.recorder import Recorder
from tests.sla.stories import DAY, GENERAL, HOUR, MINUTE, RESPONSE, at, clock, fact, policy
from tests.sla.test_partition import Desk

CLOCKS = [("response", "warning"), ("response", "minor")]


@dataclass(frozen=True)
class Owned:
    tickets: int = 2
    state: str = "running"
    armed: int = 3
    overdue_for: int = 4_500
    complete_until: int | None = 1_772_413_200_250
    lag: int = 4
    restored: int = 5
    total: int = 7
    seconds_left: float | None = 1.5
    reason: str | None = None


def metrics() -> Metrics:
    return Metrics(
        CLOCKS,
        agreements=["default"],
        reasons=["not_json"],
        codes=[("team", "dropped")],
        states=["restoring", "running"],
        calendars={"cn": 1_798_732_800_000},
        build={"version": "1"},
    )


def text(of: Metrics, **partitions: Owned) -> str:
    return of.render(
        {
            ("complaints.lifecycle", int(number.removeprefix("p"))): owned
            for number, owned in partitions.items()
        }
    ).decode()


def test_all_label_sets_are_there_before_anything_happened() -> None:
    shown = text(metrics())
    for line in (
        'sla_breaches_total{clock="response",level="minor"} 0.0',
        'sla_met_total{clock="response"} 0.0',
        'sla_corrected_total{clock="response",level=""} 0.0',
        'sla_retractions_total{clock="response",level="minor",reason="late_fact"} 0.0',
        'sla_retractions_total{clock="response",level="minor",reason="policy_changed"} 0.0',
        'sla_retractions_total{clock="response",level="minor",reason="reclassified"} 0.0',
        'sla_retractions_total{clock="response",level="minor",reason="voided"} 0.0',
        'sla_records_rejected_total{reason="not_json"} 0.0',
        'sla_facts_total{outcome="repeated"} 0.0',
        'sla_partitions_owned{state="running"} 0.0',
        "sla_transactions_aborted_total 0.0",
        "sla_loop_stall_seconds_count 0.0",
        'sla_lateness_seconds_count{clock="response",level="minor"} 0.0',
    ):
        assert f"\n{line}\n" in shown


def test_a_partition_that_went_elsewhere_is_no_longer_shown() -> None:
    shared = metrics()
    before, after = text(shared, p0=Owned(), p1=Owned()), text(shared, p1=Owned())
    assert 'sla_restore_remaining_records{partition="0",topic="complaints.lifecycle"} 2.0' in before
    assert 'sla_restore_remaining_seconds{partition="0",topic="complaints.lifecycle"} 1.5' in before
    assert 'partition="0"' not in after
    assert 'sla_deadlines_armed{partition="1",topic="complaints.lifecycle"} 3.0' in after
    assert 'sla_oldest_overdue_seconds{partition="1",topic="complaints.lifecycle"} 4.5' in after


def test_a_partition_that_waits_for_somebody_to_mend_something_is_shown() -> None:
    shown = text(metrics(), p0=Owned(), p1=Owned(reason="complaints.lifecycle-1: …", state="acquiring"))
    assert 'sla_partition_refused{partition="0",topic="complaints.lifecycle"} 0.0' in shown
    assert 'sla_partition_refused{partition="1",topic="complaints.lifecycle"} 1.0' in shown


def test_a_clock_that_was_set_is_shown() -> None:
    assert "\nsla_clock_astray_seconds 0.0\n" in metrics().render({}).decode()
    assert "\nsla_clock_astray_seconds -3600.0\n" in metrics().render({}, astray=-3_600_000).decode()
    assert "\nsla_clock_compared 0.0\n" in metrics().render({}).decode()
    assert "\nsla_clock_compared 1.0\n" in metrics().render({}, compared=True).decode()


def test_partitions_that_nobody_owns_can_be_counted() -> None:
    owned = {("in", 0): Owned(), ("in", 1): Owned(state="restoring"), ("in", 2): Owned()}
    shown = metrics().render(owned, expected=12).decode()
    assert 'sla_partitions_owned{state="running"} 2.0' in shown
    assert 'sla_partitions_owned{state="restoring"} 1.0' in shown
    assert "\nsla_partitions_expected 12.0\n" in shown


def test_it_says_until_when_a_calendar_has_official_days() -> None:
    assert 'sla_calendar_valid_until_timestamp_seconds{calendar="cn"} 1.7987328e+09' in text(metrics())


def test_a_policy_version_is_shown_in_its_one_state_of_now() -> None:
    shared = metrics()
    future, now = ("vip", "2", "default", "future"), ("vip", "2", "default", "in_force")
    line = 'sla_policy_info{agreement="default",policy="vip",state="%s",version="2"} 1.0'
    before, after = (shared.render({}, policies=[labels]).decode() for labels in (future, now))
    assert line % "future" in before
    assert line % "in_force" in after
    assert line % "future" not in after


def test_every_metric_says_when_to_worry() -> None:
    helps = [
        line for line in text(metrics()).splitlines() if line.startswith("# HELP") and "_created" not in line
    ]
    assert [line for line in helps if "Worry" not in line] == []


def test_no_label_could_name_a_ticket_or_a_customer() -> None:
    labels = {
        name for family in metrics().registry.collect() for sample in family.samples for name in sample.labels
    }
    assert labels <= {
        "agreement",
        "field",
        "fitting",
        "clock",
        "level",
        "reason",
        "source",
        "outcome",
        "partition",
        "topic",
        "state",
        "calendar",
        "le",
        "policy",
        "version",
    }


def test_what_was_committed_is_counted() -> None:
    counted = metrics()
    recorder = Recorder(counted, grace=1_000)
    recorder.committed([Step(unjudged=["default"], exempt=["default"])], records=3, now=0, seconds=0.01)
    recorder.rejected("not_json")
    recorder.fenced()
    recorder.aborted()
    shown = text(counted)
    assert "sla_records_processed_total 3.0" in shown
    assert 'sla_tickets_without_policy_total{agreement="default"} 1.0' in shown
    assert 'sla_tickets_exempt_total{agreement="default"} 1.0' in shown
    assert 'sla_records_rejected_total{reason="not_json"} 1.0' in shown
    assert "sla_fenced_total 1.0" in shown
    assert "sla_transactions_aborted_total 1.0" in shown


def test_lateness_is_of_deadlines_that_fired_not_of_what_a_late_record_showed() -> None:
    counted, partition = metrics(), ticket_partition(policy(RESPONSE), retention=35 * DAY)

    def commit(*facts: tuple[str, Fact], now: int) -> None:
        arrivals = [(key, fact) for key, fact in facts]
        step = partition.step(arrivals, at=now, now=now, offset=0, grace=0)
        Recorder(counted, grace=1_000).committed([step], len(arrivals), now=now + 2_000, seconds=0.01)

    commit(("T-1@default", fact("received", "07:00")), now=at("09:45"))
    assert 'sla_breaches_total{clock="response",level="minor"} 1.0' in text(counted)
    assert 'sla_lateness_seconds_count{clock="response",level="minor"} 0.0' in text(counted)
    commit(("T-2@default", fact("received", "09:45")), now=at("09:45"))
    commit(now=at("10:15:00.001"))
    assert 'sla_breaches_total{clock="response",level="minor"} 2.0' in text(counted)
    assert 'sla_lateness_seconds_count{clock="response",level="minor"} 1.0' in text(counted)
    assert 'sla_lateness_seconds_sum{clock="response",level="minor"} 2.001' in text(counted)


@pytest.mark.parametrize(("grace", "late_ms", "counted_late"), [
    (0, 10_000, 0), (0, 10_001, 1), (60_000, 69_999, 0), (60_000, 70_000, 0), (60_000, 70_001, 1)
])  # fmt: skip
def test_a_deadline_is_told_late_ten_seconds_after_its_grace(
    grace: int, late_ms: int, counted_late: int
) -> None:
    counted, partition = metrics(), ticket_partition(policy(RESPONSE), retention=35 * DAY)
    recorder, due = Recorder(counted, grace), at("10:15")
    partition.step([("T-1@default", fact("received", "09:45"))], at=due, now=due, offset=0, grace=0)
    step = partition.step([], at=due + 1, now=due + 1, offset=0, grace=0)
    recorder.committed([step], 0, now=due + late_ms, seconds=0.01)
    assert f"sla_told_late_total {counted_late}.0" in text(counted)
    assert f"sla_grace_seconds {grace / 1_000}" in text(counted)


OF_GENERAL = clock("response", "received", "response_started", {"minor": 30 * MINUTE}, GENERAL)
OF_AN_HOUR = clock("response", "received", "response_started", {"minor": HOUR}, GENERAL)
RECEIVED = fact("received", "09:00", id="r", complexity="general")
TAKEN_BACK_BY = {  # the reason, and what arrives after the breach
    "voided": [fact("voided", "09:40", event_id="r")],
    "reclassified": [fact("reclassified", "09:20", complexity="complex")],
    "late_fact": [fact("response_started", "09:10")],
    "policy_changed": [],
}


def taken_back(reason: str) -> Iterator[Step]:
    """The steps of a ticket whose breach is announced, and is taken back for that reason."""
    desk = Desk(policy(OF_GENERAL))
    desk.tell(RECEIVED, now="09:00")
    desk.tell(now="09:31")
    yield desk.step
    if reason == "policy_changed":
        desk.policies = policy(OF_AN_HOUR, id="other")
        desk.restart()
    desk.tell(*TAKEN_BACK_BY[reason], now="09:42")
    yield desk.step


def test_every_reason_for_which_a_breach_is_taken_back_has_a_story_here() -> None:
    assert TAKEN_BACK_BY.keys() == set(RETRACTED_FOR)


@pytest.mark.parametrize("reason", TAKEN_BACK_BY)
def test_a_breach_that_is_taken_back_is_counted_by_the_reason_that_was_announced(reason: str) -> None:
    counted = metrics()
    Recorder(counted, grace=1_000).committed([*taken_back(reason)], records=2, now=at("09:42"), seconds=0.01)
    shown = text(counted)
    assert 'sla_breaches_total{clock="response",level="minor"} 1.0' in shown
    for other in RETRACTED_FOR:
        line = f'sla_retractions_total{{clock="response",level="minor",reason="{other}"}}'
        assert f"{line} {float(other == reason)}" in shown


def test_breaches_that_are_taken_back_in_one_transaction_add_up_by_reason() -> None:
    counted = metrics()
    reasons = ["late_fact", "voided", "late_fact"]
    steps = [step for reason in reasons for step in taken_back(reason)]
    Recorder(counted, grace=1_000).committed(steps, records=6, now=at("09:42"), seconds=0.01)
    shown = text(counted)
    assert 'sla_breaches_total{clock="response",level="minor"} 3.0' in shown
    assert 'sla_retractions_total{clock="response",level="minor",reason="late_fact"} 2.0' in shown
    assert 'sla_retractions_total{clock="response",level="minor",reason="voided"} 1.0' in shown
