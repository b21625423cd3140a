"""A real help desk's export of 2010 to 2014, where it lies beside the project."""

import io
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from service.mapping.mapping import Mapping
from service.mapping.mapping_file import read_mapping
from service.offline.export_file import exported_lines
from service.offline.json_lines import JsonLine
from service.offline.simulate import simulate
from service.policy.directory import read_policies
from service.sla.policy import Policies
from tests.offline.exports import HELPDESK, PROJECT

EXPORT = PROJECT.parent / "shared" / "data" / "helpdesk.csv"

pytestmark = pytest.mark.skipif(
    not EXPORT.is_file(), reason="no ../shared/data/helpdesk.csv beside the project"
)


@pytest.fixture(scope="module")
def policies() -> Policies:
    """Letter 1, in force since before the export begins."""
    letter = read_policies(PROJECT / "policies").policies
    return Policies(
        replace(version, effective_from=0) for version in letter.versions if version.id == "letter-1"
    )


def judged(path: Path, policies: Policies) -> str:
    out, err = io.StringIO(), io.StringIO()
    code = simulate(str(path), policies=policies, mapping=HELPDESK, stdin=io.BytesIO(), out=out, err=err)
    assert (code, err.getvalue()) == (0, "")
    return out.getvalue()


def events(raw: bytes, by: Mapping) -> list[bytes]:
    found = list(exported_lines(EXPORT, io.BytesIO(raw), by))
    assert all(isinstance(line, JsonLine) for line in found)
    return [line.record for line in found if isinstance(line, JsonLine)]


def test_every_ticket_is_judged(policies: Policies) -> None:
    rows = [json.loads(line) for line in judged(EXPORT, policies).splitlines()]
    assert len({row["ticket_id"] for row in rows}) == 4580
    assert len({row["breach_id"] for row in rows}) == len(rows)


def test_twenty_orders_of_its_rows_give_the_same_events_and_the_same_bytes(
    policies: Policies, tmp_path: Path
) -> None:
    """Judging sees the events only, so their bytes decide; the output of two orders is compared too."""
    header, *rows = EXPORT.read_bytes().splitlines(keepends=True)
    by = read_mapping(HELPDESK)
    expected = events(EXPORT.read_bytes(), by)
    output = judged(EXPORT, policies)
    for seed in range(20):
        shuffled = header + b"".join(random.Random(seed).sample(rows, len(rows)))
        assert events(shuffled, by) == expected
        if seed < 2:
            path = tmp_path / "shuffled.csv"
            path.write_bytes(shuffled)
            assert judged(path, policies) == output
