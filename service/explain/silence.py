"""The silences of a cycle, for `explain`: for how long no fact came, and what the policy says of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.instant import written
from service.sla.history import identity
from service.sla.judge import Judgement, LevelState
from service.sla.lapse import has_lapsed
from service.sla.statement import activity, silences
from service.sla.timeline import Cycle

Part = dict[str, Any]


def silences_of(
    cycle: Cycle, judgement: Judgement, numbers: Mapping[tuple[str, str], int], at: int
) -> Iterator[Part]:
    """Yield what each silence rule of the cycle's policy says at `at` (ms). `numbers`: of facts.

    An earlier cycle yields nothing: silences are of the last cycle of an agreement.
    """
    policy = cycle.policy
    if policy is None or not any(cycle is current for current in judgement.current):
        return
    name = activity(cycle.agreement)
    found = {one.key: one for one in silences(judgement)}
    latest = max(cycle.facts, key=cycle.instant)
    for level, after in (("warning", policy.stalled_after_ms), ("warning-held", policy.held_after_ms)):
        if after is None:
            continue
        due_at = cycle.instant(latest) + after
        holds = (cycle.number, name, level) in found
        is_silent = has_lapsed(due_at, at)
        state = LevelState.RUNNING if level == "warning" else LevelState.PAUSED
        if not holds:
            state = LevelState.NOT_APPLICABLE
        elif is_silent:
            state = LevelState.AT_RISK
        yield {
            "clock": name,
            "level": level,
            "target": after,
            "latest": numbers[identity(latest)],
            "latest_at": written(cycle.instant(latest)),
            "due_at": written(due_at),
            "state": str(state),
            "because": ("silent" if is_silent else "not_silent_yet") if holds else f"no_clock_{level}",
        }
