"""Small stories of breaches and closes, and the money that must come out, worked out by hand."""

import pytest

from tests.ledger.ledgers import Ledger
from tests.ledger.scenarios import SCENARIOS, expected, played


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_comes_to_its_money(name: str, ledger: Ledger) -> None:
    assert played(ledger, SCENARIOS[name]) == expected(SCENARIOS[name])
