"""The rule of the billing consumer: by breach id the greatest revision, of a clock the highest level."""

import random

from examples.consumer import Bill
from tests.examples.played import announced, of_billing
from tests.sla.stories import HOUR, at

EVENTS = of_billing(announced(at("11:05") - 8 * HOUR))
CHARGED = {
    ("default", "T-2", 1, "response"): "minor",
    ("default", "T-4", 1, "response"): "major",
}


def charged(events: list[tuple[str, dict[str, object]]]) -> dict[tuple[str, str, int, str], str]:
    bill = Bill()
    for event in events:
        bill.apply(*event)
    return bill.charges()


def test_a_clock_is_charged_once_for_its_highest_level() -> None:
    assert charged(EVENTS) == CHARGED


def test_a_breach_is_charged_until_it_is_retracted() -> None:
    before = EVENTS[: next(i for i, (type_, _) in enumerate(EVENTS) if type_ == "sla.breach_retracted")]
    assert charged(before)["default", "T-3", 1, "response"] == "minor"
    assert ("default", "T-3", 1, "response") not in charged(EVENTS)


def test_neither_order_nor_repetition_changes_the_bill() -> None:
    for seed in range(20):
        assert charged(random.Random(seed).sample(EVENTS * 2, 2 * len(EVENTS))) == CHARGED
