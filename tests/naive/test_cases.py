"""The naive judge gives what the named histories ask for, so that it may speak where they are silent."""

from pathlib import Path

import pytest

from tests.naive.cases import Case, conformance, own
from tests.naive.judge import naive_judge
from tests.naive.policies import TENANT

HISTORIES = Path(__file__).parent.parent / "sla" / "histories"
SHARED = Path(__file__).parents[3] / "shared" / "conformance" / "histories.json"
CASES = [case for path in sorted(HISTORIES.glob("*.json")) for case in own(path)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_own_histories(case: Case) -> None:
    assert naive_judge(case.facts, case.policies, TENANT, case.at) == list(case.expected), case.why


def test_the_shared_histories() -> None:
    if not SHARED.exists():
        pytest.skip("the shared conformance histories are not beside this checkout")
    for case in conformance(SHARED):
        assert naive_judge(case.facts, case.policies, TENANT, case.at) == list(case.expected), case.name
