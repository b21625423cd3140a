"""The schema of mapping files accepts what the checker accepts; what it refuses the checker refuses."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from service.mapping.mapping_file import BadMapping, read_mapping_bytes
from service.mapping.mapping_schema import mapping_schema
from tests.mapping.files import GOOD, WRONG_FORM, WRONG_SENSE, with_change
from tests.policy.test_file_schema import parsed

ROOT = Path(__file__).parents[2]
SCHEMA = Draft202012Validator(mapping_schema())


def test_the_schema_is_a_schema() -> None:
    SCHEMA.check_schema(SCHEMA.schema)


FILES = [*sorted((ROOT / "mappings").glob("*.yaml")), *sorted((ROOT / "examples").rglob("mapping.yaml"))]
FILES.append(ROOT / "examples" / "helpdesk.yaml")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_our_mappings_are_good(path: Path) -> None:
    _is_good(path.read_text(encoding="utf-8"))


def test_every_form_of_the_language_is_good() -> None:
    _is_good(GOOD)


def _is_good(text: str) -> None:
    read_mapping_bytes("m.yaml", text.encode())
    for document in parsed(text):
        assert not [error.message for error in SCHEMA.iter_errors(document)]


@pytest.mark.parametrize(("old", "new", "where"), WRONG_FORM)
def test_what_the_schema_refuses_the_checker_refuses(old: str, new: str, where: str) -> None:
    text = with_change(old, new)
    for document in parsed(text):
        assert list(SCHEMA.iter_errors(document))
    _is_refused(text, where)


@pytest.mark.parametrize(("old", "new", "where"), WRONG_SENSE)
def test_the_checker_refuses_more_and_names_line_field_and_reason(old: str, new: str, where: str) -> None:
    _is_refused(with_change(old, new), where)


def _is_refused(text: str, where: str) -> None:
    with pytest.raises(BadMapping) as bad:
        read_mapping_bytes("m.yaml", text.encode())
    lines = str(bad.value).splitlines()
    assert any(where in line for line in lines), lines
    assert all(line.startswith("m.yaml:") for line in lines)
