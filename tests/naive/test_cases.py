"""The naive judge gives what the named histories ask for, so that it may speak where they are silent."""

from pathlib import Path

import pytest

from tests.naive.cases import Case, conformance, own
from tests.naive.judge import naive_judge
from tests.naive.policies import TENANT

HISTORIES = Path(__file__).parent.parent / "sla" / "histories"
CASES = [case for path in sorted(HISTORIES.glob("*.json")) for case in own(path)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_own_histories(case: Case) -> None:
    assert naive_judge(case.facts, case.policies, TENANT, case.at) == list(case.expected), case.why


def test_the_conformance_histories() -> None:
    for case in conformance():
        agrees = naive_judge(case.facts, case.policies, TENANT, case.at) == list(case.expected)
        assert agrees, case.name
