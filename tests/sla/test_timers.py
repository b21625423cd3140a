"""The index over instants."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sla.timers import Timers


@pytest.mark.parametrize(("at", "taken"), [(999, []), (1_000, []), (1_001, ["a"])])
def test_a_key_is_taken_only_after_its_instant_has_passed(at, taken):
    timers = Timers()
    timers.arm("a", 1_000)
    assert timers.take(at, most=9) == taken


def test_keys_are_taken_earliest_first_and_no_more_than_asked_for():
    timers = Timers()
    for key, instant in [("c", 9_000), ("a", 10), ("d", 9_000_000), ("b", 8_999)]:
        timers.arm(key, instant)
    assert timers.next_at() == 10
    assert timers.take(10_000, most=2) == ["a", "b"]
    assert timers.take(10_000, most=2) == ["c"]
    assert (timers.next_at(), len(timers)) == (9_000_000, 1)


def test_keys_of_one_instant_are_taken_in_the_order_they_were_armed():
    timers = Timers()
    for key in "abc":
        timers.arm(key, 5_000)
        assert timers.take(5_000, most=7) == []  # which sorts what was armed so far
    assert timers.take(5_001, most=7) == ["a", "b", "c"]  # so few that none goes first as the latest


def test_an_instant_before_those_already_near_is_the_next_one():
    timers = Timers()
    timers.arm("late", 5_000)
    assert timers.next_at() == 5_000
    timers.arm("sooner", 4_990)  # within the tick that came near
    assert timers.next_at() == 4_990
    timers.arm("early", 3)
    assert timers.next_at() == 3


def test_what_lapses_after_a_herd_does_not_wait_for_all_of_it():
    timers = Timers()
    for number in range(10_000):
        timers.arm(f"herd-{number}", 5_000)
    for instant in (5_001, 9_000, 12_000):
        timers.arm(f"other-{instant}", instant)
    first = timers.take(12_001, most=1_000)
    second = timers.take(12_001, most=1_000)

    assert {"other-9000", "other-12000"} <= set(first)
    assert len(set(first) | set(second)) == 2_000
    assert len(timers) == 8_003
    assert timers.next_at() == 5_000


def test_what_lapses_a_moment_after_a_herd_does_not_wait_for_all_of_it_either():
    timers = Timers()
    for number in range(10_000):
        timers.arm(f"herd-{number}", 5_000)
    timers.arm("other", 5_001)

    assert "other" in timers.take(5_002, most=1_000)
    assert timers.next_at() == 5_000


def test_a_herd_goes_first_when_nothing_lapsed_just_now():
    timers = Timers()
    for number in range(3_000):
        timers.arm(f"{number}", number)

    assert timers.take(60_000, most=1_000) == [f"{number}" for number in range(1_000)]


def test_a_key_armed_again_in_a_tick_that_was_emptied_is_found():
    timers = Timers()
    timers.arm("a", 2_000)
    timers.arm("b", 9_000)
    assert timers.take(2_001, most=1_000) == ["a"]
    timers.arm("c", 2_010)
    timers.arm("d", 2_005)

    assert timers.take(2_011, most=1_000) == ["d", "c"]
    assert timers.next_at() == 9_000


instants = st.integers(0, 10_000)


@given(
    st.lists(st.one_of(instants.map(lambda at: ("arm", at)), instants.map(lambda at: ("take", at)))),
    st.integers(1, 30),
)
def test_every_key_is_taken_once_after_its_instant_and_never_too_many(steps, most):
    timers, waiting = Timers(), {}
    for number, (what, instant) in enumerate(steps):
        if what == "arm":
            timers.arm(str(number), instant)
            waiting[str(number)] = instant
        else:
            taken = timers.take(instant, most)
            due = [key for key, at in waiting.items() if at < instant]
            assert len(taken) == len(set(taken)) == min(most, len(due))
            assert set(taken) <= set(due)
            for key in taken:
                del waiting[key]
        assert timers.next_at() == min(waiting.values(), default=None)
        assert len(timers) == len(waiting)


@given(st.lists(st.one_of(instants.map(lambda at: ("arm", at)), instants.map(lambda at: ("take", at)))))
def test_every_key_is_taken_once_at_the_first_take_after_its_instant(steps):
    timers, waiting = Timers(), []
    for number, (what, instant) in enumerate(steps):
        if what == "arm":
            timers.arm(str(number), instant)
            waiting.append((instant, str(number)))
        else:
            due = [key for at, key in waiting if at < instant]
            assert sorted(timers.take(instant, most=1_000)) == sorted(due)
            waiting = [(at, key) for at, key in waiting if at >= instant]
        assert timers.next_at() == min((at for at, _ in waiting), default=None)
        assert len(timers) == len(waiting)


@pytest.mark.costs
def test_to_ask_for_the_next_instant_costs_the_same_however_many_are_armed():
    """Probes ask while millions of tickets are restored, all of which may lapse within a second."""

    def spent(asked_every: int) -> float:
        timers, began = Timers(), process_time()
        for number in range(100_000):
            timers.arm("key", 999 - number % 1_000)
            if number % asked_every == 0:
                assert timers.next_at() is not None
        return process_time() - began

    assert spent(asked_every=100) < 5 * spent(asked_every=100_000)
