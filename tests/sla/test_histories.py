"""Named histories, each with the levels it must give, through the judge that the service uses."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from service.sla.facts import Fact
from service.sla.judge import judge
from service.sla.policy import Policies
from tests.naive.cases import Case, conformance, own
from tests.naive.histories import Made, made
from tests.naive.judge import naive_judge

OURS = sorted((Path(__file__).parent / "histories").glob("*.json"))


def rows(
    facts: tuple[Fact, ...] | list[Fact], policies: Policies, tenant: str, at: int
) -> list[dict[str, Any]]:
    """One row per level of every clock that started, instants in ms."""
    return [
        {
            "cycle": run.cycle.number,
            "clock": run.clock.name,
            "level": verdict.level.name,
            "started_at": run.started_at,
            "due_at": verdict.due_at,
            "stopped_at": run.stopped_at,
            "state": str(verdict.state),
        }
        for run in judge(facts, policies, tenant, at).runs
        for verdict in run.verdicts
    ]


@pytest.mark.parametrize("case", [case for path in OURS for case in own(path)], ids=lambda case: case.name)
def test_our_histories(case: Case):
    assert rows(case.facts, case.policies, "default", case.at) == list(case.expected), case.why


@pytest.mark.parametrize("case", conformance(), ids=lambda case: case.name)
def test_the_conformance_histories(case: Case):
    assert rows(case.facts, case.policies, "default", case.at) == list(case.expected)


@settings(max_examples=2_000, deadline=None)
@given(made())
def test_a_second_judge_made_from_the_contract_alone_agrees(story: Made):
    found = rows(story.facts, story.policies, story.tenant, story.at)
    assert found == naive_judge(story.facts, story.policies, story.tenant, story.at)
