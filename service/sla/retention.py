"""Computes when a ticket is evaluated again without a new fact, when it is forgotten, and if it waits."""

from service.sla.judge import END_OF_TIME, PAUSED, RUNNING, Judgement, last_due, waits_for_year
from service.sla.lapse import has_lapsed
from service.sla.state import NEVER
from service.sla.statement import silences
from service.sla.timeline import Cycle


def wake_at(judgement: Judgement, at: int) -> int:
    """The earliest instant from `at` (ms) on after which a new statement holds; NEVER without one."""
    next_at = judgement.next_at
    dues = (silence.due_at for silence in silences(judgement))
    coming = [due_at for due_at in dues if due_at is not None and not has_lapsed(due_at, at)]
    return min([NEVER if next_at is None else next_at, *coming])


def forget_at(seen_at: int, judgement: Judgement, cycles: list[Cycle], retention: int) -> int:
    """The instant (ms) after which the ticket is forgotten; NEVER while a clock that can be stopped runs.

    It lies `retention` ms after the later of the last due instant and `seen_at`, and twice as long after it
    while a clock is paused for good. `seen_at` (ms): when the last record was processed, by our own clock,
    because log time may be the publisher's. `judgement` must include all clocks of the `cycles` that run.
    """
    paused = False
    for run in judgement.runs:
        if run.ending is None and run.clock.stop:
            state = run.ongoing(END_OF_TIME)
            if state is RUNNING:
                return NEVER
            paused = paused or state is PAUSED
    last = max(seen_at, last_due(cycles))
    return last + (2 * retention if paused else retention)


def waits_from(cycles: list[Cycle]) -> int:
    """The first instant (ms) of a ticket of which a clock waits for a calendar year; NEVER: none does."""
    waits = any(waits_for_year(cycle, span) for cycle in cycles for span in cycle.spans)
    return cycles[0].origin if waits else NEVER
