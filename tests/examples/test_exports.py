"""Exports as help desks write them, through `publish` and `simulate`: events, clocks, and what is told."""

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli.program import sla_timer
from service.events.structured import decode_json
from service.mapping.mapping_file import read_mapping
from service.offline.correction import TicketFact, corrections
from service.offline.export_file import exported_lines
from service.offline.json_lines import JsonLine
from service.sla.history import unique
from tests.examples.exports import EXPORTS, Shape, clocks, published, shapes
from tests.examples.played import POLICY
from tests.mapping.desks import DESKS, ROOT

UNREADABLE = Shape(EXPORTS / "unreadable")
LEFT_OUT = "2 tickets with 2 unreadable lines: 2@default, 3@default"


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.name)
def test_an_export_gives_its_events_and_its_verdicts(shape: Shape) -> None:
    sent, told = published(shape)
    expected = (shape.path / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    assert sent == [json.loads(line) for line in expected]
    assert clocks(shape) == (shape.path / "clocks.txt").read_text(encoding="utf-8").splitlines()
    assert (told == []) is (shape != UNREADABLE)


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.name)
def test_the_readme_names_every_shape(shape: Shape) -> None:
    assert f"[{shape.name}]({shape.name})" in (EXPORTS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.name)
def test_nothing_private_leaves(shape: Shape) -> None:
    assert "rivate" not in json.dumps(published(shape))
    for word in ("private", "Private", "Zeilen"):
        assert word not in (shape.path / "expected.jsonl").read_text(encoding="utf-8")


def test_a_later_export_corrects_the_earlier_one() -> None:
    shape = Shape(EXPORTS / "corrected")
    first, later = (_facts(shape.mapping, shape.path / name) for name in ("export.csv", "later.csv"))
    found = corrections(later, first, "/example/corrected")
    assert {ticket: (one.new, one.changed, one.unchanged, one.vanished) for ticket, one in found.items()} == {
        "1@default": (1, 1, 1, []),
        "2@default": (0, 0, 1, ["2/answer"]),
        "3@default": (0, 0, 2, []),
    }


def _facts(mapping: Path, export: Path) -> list[TicketFact]:
    found = exported_lines(export, io.BytesIO(export.read_bytes()), read_mapping(mapping))
    decoded = [decode_json(line.record) for line in found if isinstance(line, JsonLine)]
    return [TicketFact(*one) for one in decoded if isinstance(one, tuple)]


def test_beside_webhooks_an_export_that_says_less_of_an_event_changes_nothing() -> None:
    """The ids are the same, and the receipt of the webhook, which has the priority, too, counts."""
    assert "zendesk" in DESKS
    sample = ROOT / "tests/mapping/samples/zendesk/deliveries.jsonl"
    by = read_mapping(ROOT / "mappings/zendesk.yaml")
    history = json.loads(sample.with_name("history.json").read_text(encoding="utf-8"))
    told = [event for part in by.of_history(history) for event in part.events]
    decoded = [decode_json(json.dumps(event).encode()) for event in told]
    webhooks = {one[1].id: one[1] for one in decoded if isinstance(one, tuple)}
    shape = Shape(EXPORTS / "zendesk")
    export = {one.fact.id: one.fact for one in _facts(shape.mapping, shape.export)}
    both = webhooks.keys() & export.keys()
    assert {name.split("/")[2] for name in both} == {"created", "solved"}
    for name in both:
        assert webhooks[name].source == export[name].source
        assert unique([export[name], webhooks[name]]) == [webhooks[name]]


@pytest.mark.parametrize("form", ["table", "json", "html"])
@pytest.mark.parametrize("partial", [False, True])
def test_a_report_counts_the_tickets_and_rows_that_it_cannot_read(form: str, partial: bool) -> None:
    files = [str(UNREADABLE.export), "--mapping", str(UNREADABLE.mapping), "--policies", str(POLICY)]
    options = ["--format", form, *(["--partial"] if partial else [])]
    result = CliRunner().invoke(sla_timer, ["report", *files, *options], standalone_mode=False)
    assert result.return_value == 1
    if form == "json":
        unreadable = {"tickets": 2, "lines": 2, "lines_without_ticket": 2, "judged": partial}
        assert json.loads(result.stdout)["report"]["unreadable"] == unreadable
        return
    what = (
        "Judged without 2 unreadable lines: tickets 2"
        if partial
        else "Not judged, for 2 unreadable lines: tickets 2"
    )
    assert what in result.stdout
    assert "Unreadable lines without a ticket: 2; any ticket may lack them" in result.stdout


@pytest.mark.parametrize(
    ("options", "tickets", "last"),
    [
        (
            [],
            {"1@default", "6@default"},
            f"not judged (--partial judges them by their other lines): {LEFT_OUT}",
        ),
        (["--partial"], {"1@default", "6@default"}, f"judged without their unreadable lines: {LEFT_OUT}"),
        (["--strict"], set(), None),
    ],
)
def test_simulate_leaves_out_tickets_with_an_unreadable_row_and_counts_them(
    options: list[str], tickets: set[str], last: str | None
) -> None:
    files = [str(UNREADABLE.export), "--mapping", str(UNREADABLE.mapping), "--policies", str(POLICY)]
    result = CliRunner().invoke(sla_timer, ["simulate", *files, "--clocks", *options], standalone_mode=False)
    assert result.return_value == 1
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert {f"{row['ticket_id']}@{row['tenant']}" for row in rows} == tickets
    said = result.stderr.replace(f"{UNREADABLE.export}", "FILE").splitlines()
    assert said[0].startswith("FILE:3: rule answer: time: ")
    if last is None:
        assert len(said) == 1
    else:
        assert said[-2] == f"FILE: {last}"
        assert said[-1] == "FILE: 2 unreadable lines without a ticket: any ticket may lack them"


def test_publish_says_what_it_leaves_out() -> None:
    _, told = published(UNREADABLE)
    assert [line.split(":")[1] for line in told[:4]] == ["3", "4", "5", "6"]
    assert told[4] == f"export.csv: not sent (--partial sends their other lines): {LEFT_OUT}"


def test_explain_names_the_row_of_the_ticket_that_cannot_be_read() -> None:
    files = [
        "--events",
        str(UNREADABLE.export),
        "--mapping",
        str(UNREADABLE.mapping),
        "--policies",
        str(POLICY),
    ]
    result = CliRunner().invoke(sla_timer, ["explain", "2", *files], standalone_mode=False)
    assert result.return_value == 1
    assert "has no record of this ticket" not in result.stdout
    assert "time: is before 2000" in result.stdout
    result = CliRunner().invoke(sla_timer, ["explain", "2", *files, "--json"], standalone_mode=False)
    (row,) = json.loads(result.stdout)["records"]["rejected"]
    assert (row["reason"], row["line"]) == ("unreadable_row", 3)
    result = CliRunner().invoke(sla_timer, ["explain", "6", *files], standalone_mode=False)
    assert "is before 2000" not in result.stdout
