from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.ledgers import KINDS, Ledger


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    with KINDS[request.param](tmp_path) as one:
        yield one
