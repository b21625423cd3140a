"""The pauses of a ticket, and which of them count for a clock.

The pauses are subtracted in service/sla/calendar/calendar.py.
"""

from collections.abc import Sequence
from itertools import groupby

from service.sla.calendar.calendar import Interval
from service.sla.facts import Fact, Kind
from service.sla.policy import PausesThatCount


def _fits(resumed: str | None, paused: str | None) -> bool:
    """True when a resumption ends a pause, by reasons: no reason, on either side, fits every reason."""
    return resumed is None or paused is None or resumed == paused


def _reason(fact: Fact) -> str | None:
    reason = fact.data.get("reason")
    return None if reason is None else str(reason)


def spans(facts: Sequence[Fact]) -> list[tuple[int, int | None, str | None]]:
    """Every pause in `facts` (in fact order) as (from, until or None, reason), by the facts' own times.

    A resumption ends the fitting pauses that were open just before its instant. Only if there were none, it
    ends the fitting pauses that begin at the same instant.
    """
    turns = [fact for fact in facts if fact.kind in (Kind.PAUSED, Kind.RESUMED)]
    found: list[tuple[int, int | None, str | None]] = []
    unended: list[tuple[int, str | None]] = []
    for instant, group in groupby(turns, key=lambda fact: fact.time):
        together = list(group)
        resumptions = [_reason(fact) for fact in together if fact.kind == Kind.RESUMED]
        begun = [_reason(fact) for fact in together if fact.kind == Kind.PAUSED]
        ended: set[int] = set()
        for resumed in resumptions:
            fitting = {index for index, (_, paused) in enumerate(unended) if _fits(resumed, paused)}
            if fitting:
                ended |= fitting
            else:
                begun = [paused for paused in begun if not _fits(resumed, paused)]
        found += [(unended[index][0], instant, unended[index][1]) for index in ended]
        unended = [pause for index, pause in enumerate(unended) if index not in ended]
        unended += [(instant, paused) for paused in begun]
    return found + [(since, None, paused) for since, paused in unended]


def counted(facts: Sequence[Fact], pauses: PausesThatCount, origin: int) -> list[Interval]:
    """The stretches (ms) that do not count for a clock with these `pauses`: sorted, disjoint, not touching.

    A pause that began before `origin`, the start of cycle 1, counts from there.
    """
    if not pauses or not any(fact.kind == Kind.PAUSED for fact in facts):
        return []
    stretches = [
        (since, until) for since, until, reason in spans(facts) if pauses is True or reason in pauses
    ]
    merged: list[Interval] = []
    for own_since, own_until in sorted(stretches, key=lambda stretch: stretch[0]):
        since, until = max(own_since, origin), None if own_until is None else max(own_until, origin)
        if until == since:
            continue
        if merged and (merged[-1][1] is None or since <= merged[-1][1]):
            last_since, last_until = merged[-1]
            endless = last_until is None or until is None
            merged[-1] = (last_since, None if endless else max(last_until or 0, until or 0))
        else:
            merged.append((since, until))
    return merged
