"""The generated pages of docs/reference say what the code says."""

import pytest

from schemas.catalog import MODELS
from schemas.envelope import EventIn
from schemas.sla import Verdict
from schemas.topics import TOPICS
from service.settings import SETTINGS
from tests.reference import meanings
from tests.reference.generate import FILE_SCHEMAS, PAGES, REFERENCE, SCHEMAS, written
from tests.reference.markdown import COMMAND
from tests.reference.settings import WRONG
from tests.reference.topics import OTHERS


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_the_code_has_it(name: str) -> None:
    kept = (REFERENCE / name).read_text(encoding="utf-8")
    assert kept == PAGES[name](), f"docs/reference/{name} is stale; run: {COMMAND}"


def test_every_setting_has_values_that_are_refused_or_takes_any_text() -> None:
    assert list(WRONG) == [setting.variable for setting in SETTINGS]
    assert [variable for variable, texts in WRONG.items() if texts is None] == [
        "KAFKA_SASL_USERNAME",
        "SLA_POLICIES",
        "SLA_GATEWAY",
    ]


def test_every_topic_has_its_writers_and_readers() -> None:
    assert list(OTHERS) == [topic.name for topic in TOPICS]


def test_every_field_of_an_event_has_a_meaning_and_no_other_has() -> None:
    datas = [model.model_fields["data"].annotation for model in MODELS.values() if issubclass(model, EventIn)]
    assert {name for data in datas for name in data.model_fields} == set(meanings.IN)
    assert {*EventIn.model_fields} - {"type", "data"} == set(meanings.ENVELOPE)
    assert set(Verdict.model_fields) == set(meanings.VERDICT)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_of_files_are_those_of_the_code(name: str) -> None:
    assert (FILE_SCHEMAS / name).read_text(encoding="utf-8") == written(SCHEMAS[name]())
