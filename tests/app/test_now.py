"""What the log of the service says of a wrong clock: once, and again when it changed."""

import pytest

from service.clock import SAY_AGAIN_MS, TRY_AGAIN_MS, GuardedClock
from tests.sla.stories import HOUR, MINUTE, SECOND

START = 1_000 * HOUR


class Machine:
    """Its clocks, and a broker beside it whose clock is right."""

    def __init__(self, ahead: int = 0) -> None:
        self.passed = 0
        self.ahead = ahead
        self.clock = GuardedClock(lambda: START + self.passed + self.ahead, lambda: self.passed)

    def wait(self, milliseconds: int) -> None:
        self.passed += milliseconds
        self.clock.earliest()

    def hear(self, broker: int = 1, shown: int = 0) -> None:
        sent = self.passed
        self.passed += 2
        self.clock.stamped(broker, sent, START + shown + self.passed - 1)
        self.clock.earliest()


def test_a_right_clock_is_no_word(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    machine.hear()
    machine.wait(HOUR)
    assert (caplog.text, machine.clock.astray) == ("", 0)


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (HOUR, "the wall clock is 3600.0 s ahead of Kafka's; deadlines go by Kafka's"),
        (-HOUR, "the wall clock is 3600.0 s behind Kafka's; what is due may be announced that late"),
    ],
)
def test_a_clock_that_is_wrong_at_the_start_is_told_once_and_again_when_it_is_right(
    ahead: int, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(ahead)
    assert caplog.text == ""  # nobody can know
    for _ in range(10):
        machine.hear()
        machine.wait(MINUTE)
    (once,) = caplog.messages
    assert said in once
    machine.ahead = 0
    machine.wait(MINUTE)
    assert caplog.messages[1:] == ["the wall clock agrees with Kafka's"]


def test_a_clock_at_the_limit_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    machine.hear()
    for number in range(1_000):
        machine.ahead = 1_000 + number % 2 * 20
        machine.wait(SECOND)
    assert 1 <= len(caplog.messages) <= 1_000 * SECOND // SAY_AGAIN_MS + 1


@pytest.mark.parametrize(
    ("began", "ahead", "wrong", "late"),
    [
        (0, 0, "", False),
        (HOUR, HOUR, "is 3600.0 s ahead of Kafka's", False),
        (-HOUR, -HOUR, "is 3600.0 s behind Kafka's", True),
        (0, -HOUR, "is 3600.0 s behind Kafka's", False),  # the time that passed agrees with Kafka's
    ],
)
def test_it_is_late_while_no_clock_of_ours_shows_what_kafkas_do(
    began: int, ahead: int, wrong: str, late: bool
) -> None:
    machine = Machine(began)
    machine.hear()
    machine.ahead = ahead
    machine.wait(SECOND)
    assert (machine.clock.wrong, machine.clock.late) == (wrong, late)


@pytest.mark.parametrize(
    ("ahead", "wrong"), [(HOUR, "was set ahead by 3600.0 s"), (-HOUR, "was set back by 3600.0 s")]
)
def test_where_kafkas_time_is_not_known_only_that_it_was_set_is(ahead: int, wrong: str) -> None:
    machine = Machine()
    machine.ahead = ahead
    machine.wait(SECOND)
    assert (machine.clock.wrong, machine.clock.late) == (wrong, False)


def test_that_nobody_knows_kafkas_time_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    for _ in range(3):
        machine.clock.not_stamped("sla.tickets")
    assert not machine.clock.compared
    assert [machine.clock.to_compare(topic) for topic in ("sla.tickets", "sla.desks")] == [False, True]
    machine.hear()
    assert not machine.clock.to_compare("sla.desks")
    (once,) = caplog.messages
    assert once.startswith("topic sla.tickets: message.timestamp.type is not LogAppendTime")


def test_of_all_owners_one_tries_and_another_when_nothing_came_of_it() -> None:
    machine, tries = Machine(), []
    for wait in (0, 0, TRY_AGAIN_MS - 1, 1, 1):
        machine.wait(wait)
        tries.append(machine.clock.try_compare("sla.tickets"))
    assert tries == [True, False, False, True, False]
    assert machine.clock.try_compare("sla.desks")


def test_a_broker_whose_clock_is_another_is_told_once_and_holds_up_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    machine = Machine()
    for _ in range(3):
        for broker, shown in ((1, 0), (2, 0), (3, -HOUR)):
            machine.hear(broker, shown)
    assert machine.clock.earliest() == START + machine.passed
    assert caplog.messages == [
        "broker 3: its clock is 3600.0 s behind what most brokers show, which counts; set it right"
    ]


def test_it_is_compared_soon_while_it_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine(HOUR)
    machine.hear()
    assert machine.clock.compare_again()
    right = Machine()
    right.hear()
    assert not right.clock.compare_again()
