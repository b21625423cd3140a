"""Not one byte of what goes out changes unless it is meant to; then `python -m tests.golden.run` says so."""

import json
from pathlib import Path

import pytest

from tests.golden.run import KEPT, run
from tests.golden.surface import SURFACES


def test_what_goes_out_is_byte_for_byte_what_it_was() -> None:
    assert run() == json.loads(KEPT.read_text(encoding="utf-8"))


def test_the_run_is_as_large_as_it_has_to_be() -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert kept["in"]["records"] + kept["looks"]["records"] > 20_000
    assert set(kept) - {"in", "looks"} == {
        "sla.breaches", "sla.clocks", "complaints.rejected", "sla.tickets", "sla.desks"
    }  # fmt: skip


@pytest.mark.parametrize("name", SURFACES)
def test_what_users_see_is_what_they_saw(name: str, tmp_path: Path) -> None:
    assert SURFACES[name](tmp_path) == (KEPT.parent / name).read_text(encoding="utf-8")
