"""The summary that the board keeps of an open ticket: a long list is shown without judging its tickets."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from service.sla.judge import AT_RISK, BREACHED, NOT_APPLICABLE, PAUSED, Judgement, Run
from service.sla.lapse import has_lapsed
from service.sla.retention import wake_at
from service.sla.statement import silences

ATTRIBUTES = ("channel", "complexity", "priority", "category", "service", "region", "team")


class Condition(StrEnum):
    """The condition of an open ticket: that of the worst clock that has not ended."""

    BREACHED = "breached"
    AT_RISK = "at_risk"
    RUNNING = "running"
    PAUSED = "paused"


class Section(StrEnum):
    """The sections of the list, in this order: the values sort."""

    COMING = "1"  # a deadline is still to come
    OVER = "2"  # every breach deadline has passed
    UNKNOWN = "3"  # no deadline is known: a pause has no end, or nothing is due any more


class Summary(NamedTuple):
    """One open ticket. It sorts as the list does: by section, then by deadline."""

    section: Section
    due_at: int  # ms: the next breach deadline, else the last, else the start of the pause
    key: str  # ticket id@tenant
    condition: Condition
    silent: bool  # the ticket has had no fact for too long
    clocks: tuple[str, ...]  # the clocks that have not ended
    policies: tuple[str, ...]  # that judge these clocks
    attributes: tuple[str | None, ...]  # in the order of ATTRIBUTES


def open_runs(judgement: Judgement) -> list[Run]:
    """Return the clocks that run or pause and that an event can stop."""
    return [run for run in judgement.runs if is_open(run)]


def is_open(run: Run) -> bool:
    """True when the customer still waits for the event that ends this clock."""
    return (
        run.ending is None and bool(run.clock.stop) and any(state != NOT_APPLICABLE for state in run.states)
    )


def summary(key: str, judgement: Judgement, at: int) -> Summary | None:
    """Return the summary of a ticket judged at `at` (ms); None when it is not open."""
    runs = open_runs(judgement)
    if not runs:
        return None
    section, due_at = nearest(runs, at)
    attributes = runs[-1].cycle.attributes
    return Summary(
        section,
        due_at,
        key,
        worst(runs),
        any(silence.due_at is not None and has_lapsed(silence.due_at, at) for silence in silences(judgement)),
        tuple(run.clock.name for run in runs),
        tuple(dict.fromkeys(run.policy.id for run in runs)),
        _attributes(attributes),
    )


def look_again_at(judgement: Judgement, at: int) -> int:
    """Return the instant (ms) after which the summary may differ without a new fact."""
    return wake_at(judgement, at)


def nearest(runs: Iterable[Run], at: int) -> tuple[Section, int]:
    """Return the section and the deadline (ms) at `at` (ms) of a ticket with these open clocks."""
    coming: list[int] = []
    over: list[int] = []
    since: list[int] = []
    for run in runs:
        since.append(run.pauses[-1][0] if run.pauses else run.started_at)
        for level, due_at, state in zip(run.clock.levels, run.dues, run.states, strict=True):
            if level.warns or due_at is None or state == NOT_APPLICABLE:
                continue
            if not has_lapsed(due_at, at):
                coming.append(due_at)
            elif state == BREACHED:  # else the clock applies since it was due: nothing is owed
                over.append(due_at)
    if coming:
        return Section.COMING, min(coming)
    return (Section.OVER, max(over)) if over else (Section.UNKNOWN, max(since))


def worst(runs: Iterable[Run]) -> Condition:
    """Return the condition of a ticket with these open clocks."""
    states = {state for run in runs for state in run.states}
    if BREACHED in states:
        return Condition.BREACHED
    if AT_RISK in states:
        return Condition.AT_RISK
    return Condition.PAUSED if states <= {PAUSED, NOT_APPLICABLE} else Condition.RUNNING


def _attributes(attributes: Mapping[str, str]) -> tuple[str | None, ...]:
    return tuple([attributes.get(name) for name in ATTRIBUTES])
