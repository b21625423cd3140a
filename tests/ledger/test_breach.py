"""An event of sla.breaches as the ledger reads it: what counts, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.ledger.breach import BadBreachError, latest, month_of, read_breach, replaces
from tests.ledger.stories import breached, retracted, said

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"


@pytest.mark.parametrize(
    ("name", "stands"),
    [
        ("sla.breached-1.json", True),
        ("sla.breach_settled-1.json", True),
        ("sla.breach_retracted-1.json", False),
        ("earlier/sla.breached-1.json", True),
    ],
)
def test_the_examples_of_the_contract_are_read(name: str, stands: bool) -> None:
    event = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    breach = read_breach(event["type"], event["data"])
    assert breach is not None
    assert (breach.stands, str(breach.item), breach.customer_id) == (stands, "T-1001/1/response", "C-20881")
    assert breach.month == (None if name.startswith("earlier") else "2026-03")


@pytest.mark.parametrize("type_", ["sla.breach_waived", "sla.progress", "sla.met", "complaint.received", ""])
def test_an_event_of_another_type_tells_nothing_whatever_it_holds(type_: str) -> None:
    assert read_breach(type_, said()) is None
    assert read_breach(type_, None) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"breach_id": "7"}, "sla.breached: breach_id: expected str matching regex"),
        ({"revision": 0}, "sla.breached: revision: expected int >= 1"),
        ({"revision": 1.5}, "sla.breached: revision: expected int, got float"),
        ({"revision": True}, "sla.breached: revision: expected int, got bool"),
        ({"epoch": -1}, "sla.breached: epoch: expected int >= 0"),
        ({"cycle": 2**63}, "sla.breached: cycle: "),
        ({"rank": 0}, "sla.breached: rank: expected int >= 1"),
        ({"tenant": "a b"}, "sla.breached: tenant: expected str matching regex"),
        ({"ticket_id": None}, "sla.breached: ticket_id: expected str, got null"),
        ({"customer_id": 7}, "sla.breached: customer_id: expected str | null, got int"),
        ({"clock": "re/sponse"}, "sla.breached: clock: expected str matching regex"),
        ({"level": None}, "sla.breached: level: expected str, got null"),
        ({"due_at": None}, "sla.breached: due_at: is null; a breach that stands has a due instant"),
        ({"due_at": "2026-10-05T02:30:00"}, "sla.breached: due_at: is no instant with an offset, such as 20"),
        ({"zone": "Asia/Peking"}, "sla.breached: zone: is no IANA time zone of 20"),
        ({"zone": "+99:99"}, "sla.breached: zone: is no IANA time zone of 20"),
        ({"zone": "-23:00", "due_at": "0001-01-01T00:00:00Z"}, "due_at: is outside the years 1 to 9999"),
        ({"overrun_seconds": -1}, "sla.breached: overrun_seconds: expected float >= 0"),
        ({"policy": {}}, "sla.breached: policy.id: is missing"),
    ],
)
def test_a_field_that_does_not_keep_the_contract_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadBreachError) as bad:
        read_breach("sla.breached", {**said(), **changes})
    assert reason in str(bad.value)
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize("field", ["breach_id", "revision", "tenant", "customer_id", "due_at", "level"])
def test_a_field_that_is_missing_is_named(field: str) -> None:
    data = said()
    del data[field]
    with pytest.raises(BadBreachError, match=rf"^sla\.breached: {field}: is missing$"):
        read_breach("sla.breached", data)


@pytest.mark.parametrize("data", [None, [], "text", 1])
def test_data_that_is_no_object_is_refused(data: Any) -> None:
    with pytest.raises(BadBreachError, match=r"^sla\.breached: expected object"):
        read_breach("sla.breached", data)


def test_a_retraction_may_know_neither_due_instant_nor_customer_nor_policy() -> None:
    found = retracted(due_at=None, customer_id=None, policy=None, zone=None)
    assert (found.due_at, found.customer_id, found.policy, found.month) == (None, None, None, None)


@pytest.mark.parametrize(
    ("due_at", "zone", "month"),
    [
        ("2026-10-31T15:59:59.999Z", "Asia/Shanghai", "2026-10"),
        ("2026-10-31T16:00:00.000Z", "Asia/Shanghai", "2026-11"),
        ("2026-10-31T16:00:00.001Z", "Asia/Shanghai", "2026-11"),
        ("2026-10-31T16:00:00.000Z", "+07:59", "2026-10"),
        ("2026-10-31T16:00:00.000Z", "+08:00", "2026-11"),
        ("2026-11-01T03:59:59.999Z", "America/New_York", "2026-10"),  # summer time ends that day
        ("2026-11-01T04:00:00.000Z", "America/New_York", "2026-11"),
        ("2026-12-31T23:59:59.999Z", "UTC", "2026-12"),
    ],
)
def test_the_month_is_that_of_the_due_instant_in_the_zone(due_at: str, zone: str, month: str) -> None:
    found = breached(due_at=due_at, zone=zone)
    assert found.due_at is not None
    assert found.month == month_of(found.due_at, zone) == month


@pytest.mark.parametrize(
    ("version", "counts"),
    [((1, 4), False), ((1, 5), False), ((1, 6), True), ((0, 9), False), ((2, 1), True)],
)
def test_the_greater_epoch_counts_then_the_greater_revision(version: tuple[int, int], counts: bool) -> None:
    known = breached(epoch=1, revision=5)
    assert replaces(breached(epoch=version[0], revision=version[1]), known) is counts


def test_one_revision_that_says_two_things_is_refused() -> None:
    with pytest.raises(BadBreachError, match="revision 1 of epoch 1 says two different things"):
        latest([breached(), breached(customer_id="C-2")])
    assert latest([breached(), breached()]) == {breached().breach_id: breached()}


def test_an_overrun_is_to_the_millisecond() -> None:
    assert breached(overrun_seconds=0.001).overrun == 1
    assert breached(overrun_seconds=0.029).overrun == 29  # as a float, times 1000: 28.999…
    assert breached(overrun_seconds=8639999.999).overrun == 8_639_999_999
    assert breached(overrun_seconds=None).overrun is None
