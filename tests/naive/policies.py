"""Made-up policies in odd shapes: any start, any stops, levels of nothing at all."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from service.sla.calendar.calendar import ALWAYS
from service.sla.facts import Kind
from service.sla.policy import Clock, Level, Match, Policies, Policy

T = TypeVar("T")

BEGIN = 1_773_738_000_000  # ms: the instant every made-up history turns around
STEP = 600_000  # ms: levels, pauses and facts keep to this grid, so that they meet
TENANT = "acme"

STARTS = (
    *[Kind.RECEIVED] * 6,
    *[Kind.RESPONSE_STARTED, Kind.FEEDBACK_DELIVERED, Kind.REFUSED, Kind.REOPENED] * 2,
    *[kind for kind in Kind if kind not in (Kind.WITHDRAWN, Kind.MERGED, Kind.VOIDED)],
)
STOPS = (
    *[Kind.FEEDBACK_DELIVERED, Kind.RESPONSE_STARTED, Kind.RESOLVED, Kind.CLOSED] * 3,
    *[kind for kind in Kind if kind not in (Kind.RECEIVED, Kind.REOPENED, Kind.VOIDED)],
)
WHENS: tuple[Match, ...] = (
    (),
    (("complexity", frozenset({"general"})),),
    (("complexity", frozenset({"complex"})),),
    (("priority", frozenset({"p1", "p2"})),),
    (("team", frozenset({"north"})),),
    (("complexity", frozenset({"general"})), ("priority", frozenset({"p1"}))),
)
ONE_KEY: tuple[Match, ...] = (
    (("priority", frozenset({"p1"})),),
    (("complexity", frozenset({"complex"})),),
    (("tenant", frozenset({TENANT})),),
)
TWO_KEYS: tuple[Match, ...] = (
    (("complexity", frozenset({"general"})), ("priority", frozenset({"p1", "p2"}))),
    (("channel", frozenset({"phone"})), ("tenant", frozenset({TENANT, "other"}))),
)
PAUSES: tuple[frozenset[str] | bool, ...] = (
    False,
    True,
    True,
    frozenset({"customer"}),
    frozenset({"customer", "vendor"}),
)


class Dice(Protocol):
    """Where choices come from: a seed, or hypothesis."""

    def pick(self, options: Sequence[T], /) -> T:
        """One of the options; the first are the simplest."""

    def between(self, low: int, high: int, /) -> int:
        """A number from low to high, both included."""


def levels_from(dice: Dice) -> tuple[Level, ...]:
    """Breach levels in rising order, with warnings before, among or after them."""
    targets = sorted({dice.between(0, 6) * STEP for _ in range(dice.between(1, 3))})
    breaches = [Level(name, after) for name, after in zip(("minor", "major", "worst"), targets, strict=False)]
    warning = dice.pick((None, None, 50, 80, 33, 0, 200))
    if warning is None:
        return tuple(breaches)
    if warning == 200:  # nothing but warnings
        return (Level("warning", targets[0]), Level("warning-last", targets[-1] + STEP))
    return (Level("warning", targets[0] * warning // 100), *breaches)


def clock_from(dice: Dice, name: str) -> Clock:
    """Half of them from receipt, the others from anything that may start one."""
    stops = frozenset(dice.pick(STOPS) for _ in range(dice.pick((1, 1, 1, 2, 3, 0))))
    return Clock(
        name=name,
        clause=None,
        start=dice.pick((Kind.RECEIVED, dice.pick(STARTS))),
        stop=stops,
        when=dice.pick(((), (), *WHENS)),
        pauses=dice.pick(PAUSES),
        levels=levels_from(dice),
        calendar=ALWAYS,
    )


def policy_from(dice: Dice, name: str, version: int, match: Match, effective_from: int) -> Policy:
    return Policy(
        id=name,
        version=version,
        sha256=f"{version:064d}",
        effective_from=effective_from,
        title={"en": name},
        match=match,
        clocks=tuple(clock_from(dice, f"clock-{number}") for number in range(dice.between(1, 3))),
        stalled_after_ms=dice.pick((None, None, STEP, 3 * STEP)),
        held_after_ms=dice.pick((None, None, 2 * STEP)),
    )


def policies_from(dice: Dice) -> Policies:
    """One policy for everybody, now and then a later version of it, or choosier ones beside it."""
    made = [policy_from(dice, "common", 1, (), dice.pick((0, 0, 0, 0, 0, 0, 0, BEGIN, BEGIN + STEP)))]
    if dice.pick((False, False, True)):
        again = dice.pick(((), (), *ONE_KEY))
        made.append(policy_from(dice, "common", 2, again, BEGIN + dice.between(-1, 4) * STEP))
    elif dice.pick((False, False, True)):
        made.append(
            policy_from(dice, "choosy", 1, dice.pick(ONE_KEY), dice.pick((0, BEGIN, BEGIN + 2 * STEP)))
        )
    if dice.pick((False, False, False, True)):
        made.append(policy_from(dice, "picky", 3, dice.pick(TWO_KEYS), 0))
    if dice.pick((False, False, False, True)):  # a second agreement, with clocks of other names
        other = policy_from(dice, "internal", 1, (), 0)
        clocks = tuple(replace(clock, name=f"{clock.name}-internal") for clock in other.clocks)
        made.append(replace(other, clocks=clocks, agreement="internal"))
        if dice.pick((False, True)):
            made.append(exempting(dice, "internal"))
    elif dice.pick((False, False, False, True)):
        made.append(exempting(dice, "default"))
    return Policies(made)


def exempting(dice: Dice, agreement: str) -> Policy:
    """Nobody owes anything to some of the tickets."""
    match = dice.pick(ONE_KEY)
    return Policy("exempt", 1, "0" * 64, 0, {}, match, (), agreement=agreement, exempt=True)


def waiting_from(dice: Dice) -> Policies:
    """One clock from receipt for each way of counting pauses."""
    stop = frozenset({dice.pick((Kind.FEEDBACK_DELIVERED, Kind.SATISFACTION_SUBMITTED, Kind.PAUSED))})
    clocks = [
        Clock(f"clock-{number}", None, Kind.RECEIVED, stop, (), pauses, levels_from(dice), ALWAYS)
        for number, pauses in enumerate(PAUSES[1:])
    ]
    return Policies([Policy("waiting", 1, "0" * 64, 0, {}, (), tuple(clocks), 2 * STEP)])
