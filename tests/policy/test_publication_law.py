"""Whatever is published, retired or done to files later: a cycle that has started keeps its verdict."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import RefusalError
from service.policy.publication_plan import plan_retirement
from service.sla.facts import Fact, Kind
from service.sla.judge import Judgement, judge
from tests.policy.shelf import JUNE, MINUTE, Shelf

TEAMS = ("a", "b")
HOURS = 60 * MINUTE


class Publish(NamedTuple):
    """A file is written, for good or bad, and the directory published."""

    policy: str
    match: str
    version: int
    ahead: int  # ms from the publication to the version's effect
    after: str


class Retire(NamedTuple):
    """An id is ended."""

    policy: str
    ahead: int


class Lose(NamedTuple):
    """All files go."""


class Receive(NamedTuple):
    """A complaint comes in."""

    team: str


_near = st.sampled_from([-HOURS, -MINUTE, 0, 1, MINUTE - 1, MINUTE, MINUTE + 1, 3 * MINUTE])
_ids = st.sampled_from(["first", "p", "q"])
STEPS = st.lists(
    st.tuples(
        st.integers(0, 3 * MINUTE),
        st.one_of(
            st.builds(
                Publish,
                _ids,
                st.sampled_from(["{}", "{team: a}", "{team: b}", "{team: [a, b], channel: phone}"]),
                st.integers(1, 4),
                _near,
                st.sampled_from(["10m", "30m", "2h"]),
            ),
            st.builds(Retire, _ids, _near),
            st.builds(Receive, st.sampled_from(TEAMS)),
            st.builds(Lose),
        ),
    ),
    min_size=2,
    max_size=12,
)


def verdict(judgement: Judgement) -> list[tuple[object, ...]]:
    return [
        (
            run.cycle.number,
            run.policy and (run.policy.id, run.policy.version, run.policy.sha256),
            run.clock.name,
            run.started_at,
            run.dues,
            run.states,
        )
        for run in judgement.runs
    ]


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_what_is_published_later_changes_no_verdict_of_a_cycle_that_has_started(
    steps: list[tuple[int, Publish | Retire | Receive | Lose]],
) -> None:
    with TemporaryDirectory() as directory:
        shelf = Shelf(Path(directory))
        shelf.put("first", effective="2026-01-01T00:00:00Z", match="{team: a}")
        shelf.publish(may_backdate=True)
        now, tickets = JUNE, list[tuple[Fact, list[tuple[object, ...]]]]()
        for passed, step in [*((0, Receive(team)) for team in TEAMS), *steps]:
            now += passed
            if isinstance(step, Receive):
                data = {"customer_id": "c", "channel": "phone", "team": step.team}
                fact = Fact(now, Kind.RECEIVED, "/desk", f"e{len(tickets)}", data, now, 0, 0)
                tickets.append((fact, judged(fact, shelf)))
            else:
                take(step, shelf, now)
            assert [judged(fact, shelf) for fact, _ in tickets] == [before for _, before in tickets]


def judged(fact: Fact, shelf: Shelf) -> list[tuple[object, ...]]:
    return verdict(judge([fact], shelf.published.directory.policies, "default", fact.time + 24 * HOURS))


def take(step: Publish | Retire | Lose, shelf: Shelf, now: int) -> None:
    """Does it, unless it is refused."""
    if isinstance(step, Lose):
        for path in shelf.directory.glob("*.yaml"):
            path.unlink()
    elif isinstance(step, Retire):
        try:
            shelf.published = plan_retirement(step.policy, now + step.ahead, shelf.published, now).after
        except RefusalError:
            return
    else:
        path = shelf.put(
            step.policy, step.version, effective=now + step.ahead, match=step.match, after=step.after
        )
        if shelf.refused(now):
            path.unlink()  # else no later publication would have a chance
