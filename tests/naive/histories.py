"""Made-up histories that look for trouble: few instants, so that many are equal or a millisecond apart."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from msgspec.structs import replace

from service.sla.facts import Fact, Kind
from service.sla.policy import Policies
from tests.naive.policies import BEGIN, STEP, TENANT, Dice, policies_from, waiting_from

T = TypeVar("T")
Data = dict[str, str | int]

FAR = BEGIN + 10**12  # ms: after everything

MILESTONES = (
    Kind.FEEDBACK_DELIVERED,
    Kind.RESPONSE_STARTED,
    Kind.RESOLVED,
    Kind.PRELIMINARY_SOLUTION_PROVIDED,
    Kind.FOLLOWED_UP,
    Kind.CLOSED,
)
ANYTHING = tuple(Kind)
WAITING = (Kind.PAUSED, Kind.PAUSED, Kind.PAUSED, Kind.RESUMED, Kind.RESUMED, Kind.RESUMED)
THEMES: tuple[tuple[Kind, ...], ...] = (  # what a history is mostly about
    (*MILESTONES, Kind.RECEIVED, Kind.REFUSED),
    (*WAITING, *MILESTONES[:2]),
    (
        Kind.REOPENED,
        Kind.REOPENED,
        Kind.REOPENED,
        *MILESTONES,
        Kind.WITHDRAWN,
        Kind.MERGED,
        Kind.RECLASSIFIED,
    ),
    (Kind.RECLASSIFIED, Kind.RECLASSIFIED, Kind.REOPENED, *MILESTONES[:3]),
    (Kind.VOIDED, Kind.VOIDED, Kind.RECEIVED, *MILESTONES[:2], Kind.REOPENED, Kind.RECLASSIFIED),
    ANYTHING,
)
REASONS: tuple[Data, ...] = ({}, {"reason": "customer"}, {"reason": "vendor"}, {"reason": "lunch"})
COMPLEXITIES: tuple[Data, ...] = ({}, {"complexity": "general"}, {"complexity": "complex"})
TEAMS: tuple[Data, ...] = ({"team": "north"}, {"team": "south"})
PRIORITIES: tuple[Data, ...] = ({}, {"priority": "p1"}, {"priority": "p2"}, {"priority": "p3"})


class Made(NamedTuple):
    """One made-up ticket, its policies, and the instant (ms) to judge it at. Facts are in arrival order."""

    facts: list[Fact]
    policies: Policies
    tenant: str
    at: int


class Seeded:
    """Dice that a seed throws: the same seed, the same history."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def pick(self, options: Sequence[T], /) -> T:
        return self.random.choice(options)

    def between(self, low: int, high: int, /) -> int:
        return self.random.randint(low, high)


class Drawn:
    """Dice that hypothesis throws, so that it can shrink what it finds."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw

    def pick(self, options: Sequence[T], /) -> T:
        return self.draw(st.sampled_from(options))

    def between(self, low: int, high: int, /) -> int:
        return self.draw(st.integers(low, high))


def instants_from(dice: Dice) -> list[int]:
    """The few instants of one history: on the grid or a millisecond beside it, some before receipt."""
    steps = dice.pick(((0, 1, 2, 3, 4, 5, 6, 9, -1, -2), (0, 1, 2, -1), (0, -1, -2, -3, 1, 2)))
    return [
        BEGIN + dice.pick(steps) * STEP + dice.pick((0, 0, 0, 0, 0, 0, -1, 1))
        for _ in range(dice.between(1, 5))
    ]


def identity_from(dice: Dice, so_far: Sequence[Fact]) -> tuple[str, str]:
    """(source, id): mostly a new one, whose order says nothing; now and then one that is already there."""
    if so_far and dice.between(1, 7) == 7:
        known = dice.pick(so_far)
        return dice.pick((known.source, known.source, "/a")), known.id
    return dice.pick(("/a", "/b")), f"{dice.pick('mcx')}{len(so_far)}"


def received(dice: Dice) -> Data:
    return {
        "customer_id": "c1",
        "channel": dice.pick(("online", "phone")),
        **dice.pick(COMPLEXITIES),
        **dice.pick(PRIORITIES),
        **dice.pick(({}, {}, *TEAMS)),
    }


def reclassified(dice: Dice) -> Data:
    some: Data = {**dice.pick(COMPLEXITIES), **dice.pick(PRIORITIES)}
    return some or {"complexity": "complex"}


def voided(dice: Dice, so_far: Sequence[Fact]) -> Data:
    """Of a fact that came, of one in another source, or of nobody's; a void's own name among them."""
    if not so_far or dice.between(1, 8) == 8:
        return {"event_id": "nobody"}
    known = dice.pick(so_far)
    return {"event_id": known.id, **dice.pick(({"event_source": known.source}, {}, {"event_source": "/b"}))}


def data_from(dice: Dice, kind: Kind, so_far: Sequence[Fact]) -> Data:
    if kind == Kind.RECEIVED:
        return received(dice)
    if kind in (Kind.REFUSED, Kind.REOPENED):
        return dice.pick(({}, received(dice)))
    if kind == Kind.REASSIGNED:
        return dice.pick(({}, *TEAMS))
    if kind == Kind.RECLASSIFIED:
        return reclassified(dice)
    if kind == Kind.VOIDED:
        return voided(dice, so_far)
    if kind in (Kind.PAUSED, Kind.RESUMED):
        return dict(dice.pick(REASONS))
    if kind == Kind.RESPONSE_STARTED:
        return dice.pick(({}, {}, {"by": "agent"}, {"by": "bot"}, {"by": "system"}))
    plain: dict[Kind, Data] = {Kind.MERGED: {"into": "t2"}, Kind.SATISFACTION_SUBMITTED: {"score": 3}}
    return plain.get(kind, {})


def facts_from(dice: Dice, themes: Sequence[Sequence[Kind]]) -> list[Fact]:
    """One ticket's facts in arrival order, which says nothing about their instants."""
    instants = instants_from(dice)
    theme = dice.pick(themes)
    told: list[Fact] = []
    opening = dice.pick((Kind.RECEIVED,) * 8 + (Kind.REFUSED, Kind.PAUSED, Kind.REOPENED))
    for number in range(dice.between(1, 10)):
        kind = opening if number == 0 else dice.pick(dice.pick((theme, theme, theme, ANYTHING)))
        time = BEGIN if number == 0 else dice.pick(instants)
        source, name = identity_from(dice, told)
        told.append(Fact(time, kind, source, name, data_from(dice, kind, told), time, 0, number))
    if dice.pick((False, False, False, True)):  # a redelivery: the same event at another place of the log
        again = dice.pick(told)
        told.append(replace(again, recorded_at=FAR, offset=len(told)))
    return told


def at_from(dice: Dice, facts: Sequence[Fact], policies: Policies) -> int:
    """An instant to judge at: the end of time, or beside a fact or an instant where a level may be due."""
    if dice.pick((True, True, False)):
        return FAR
    targets = [
        level.after_ms or 0
        for policy in policies.versions
        for clock in policy.clocks
        for level in clock.levels
    ]
    return dice.pick(facts).time + dice.pick((0, 0, *targets)) + dice.pick((0, -1, 1))


def made_from(dice: Dice) -> Made:
    """Policies, a history, and the instant to judge it at; a quarter of them about nothing but pauses."""
    if dice.between(1, 4) == 4:
        facts, policies = facts_from(dice, (WAITING,)), waiting_from(dice)
    else:
        facts, policies = facts_from(dice, THEMES), policies_from(dice)
    return Made(facts, policies, TENANT, at_from(dice, facts, policies))


def seeded(seed: int) -> Made:
    """The history of a seed; for long runs outside hypothesis."""
    return made_from(Seeded(seed))


@st.composite
def made(draw: DrawFn) -> Made:
    """The same histories for hypothesis."""
    return made_from(Drawn(draw))


@st.composite
def histories(draw: DrawFn) -> list[Fact]:
    """Facts alone, for a policy of the test's own: its levels should keep to the grid of STEP."""
    return facts_from(Drawn(draw), THEMES)
