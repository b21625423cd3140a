"""How rows of an export read as events, feature by feature, and what is said of what cannot be read."""

import random
from pathlib import Path
from typing import Any

import pytest

from schemas.instant import written
from service.errors import RefusalError
from service.offline.csv_import.local_time import instant
from service.offline.csv_import.mapping import Time, read_mapping
from tests.offline.exports import HEADER, HELPDESK, SAMPLE, SMALL, mapping, read, short

DAY = "02.03.2026"  # Rome is one hour ahead of UTC


@pytest.mark.parametrize(
    ("rows", "events"),
    [
        pytest.param([f"T1,opened,{DAY} 10:00,c1"], ["T1 09:00 received"], id="the first row is the receipt"),
        pytest.param(
            [f"T1,answered,{DAY} 10:00,c1"],
            ["T1 09:00 received", "T1 09:00 response_started"],
            id="the first row also gives what its value gives",
        ),
        pytest.param(
            [f"T1,opened,{DAY} 10:00,c1", f"T1,solved and told,{DAY} 11:00,c1"],
            ["T1 09:00 received", "T1 10:00 resolved", "T1 10:00 feedback_delivered"],
            id="a value may give several events",
        ),
        pytest.param(
            [f"T1,opened,{DAY} 10:00,c1", f"T1,waits,{DAY} 10:30,c1", f"T1,opened,{DAY} 12:00,c1"],
            ["T1 09:00 received", "T1 09:30 paused", "T1 11:00 resumed"],
            id="a wait lasts until the next row, whatever it gives",
        ),
        pytest.param(
            [f"T1,opened,{DAY} 10:00,c1", f"T1,waits,{DAY} 10:30,c1"],
            ["T1 09:00 received", "T1 09:30 paused"],
            id="a wait without a next row does not end",
        ),
        pytest.param(
            [f"T1,opened,{DAY} 10:00,c1", f"T1,waits,{DAY} 10:30,c1", f"T1,waits,{DAY} 11:00,c1"],
            ["T1 09:00 received", "T1 09:30 paused", "T1 10:00 resumed", "T1 10:00 paused"],
            id="a wait ends where the next one begins",
        ),
        pytest.param(
            [
                f"T1,opened,{DAY} 10:00,c1",
                f"T1,waits,{DAY} 10:30,c1",
                f"T1,answered,{DAY} 10:30,c1",
                f"T1,opened,{DAY} 11:00,c1",
            ],
            ["T1 09:00 received", "T1 09:30 response_started", "T1 09:30 paused", "T1 10:00 resumed"],
            id="a row of the same minute does not end the wait",
        ),
        pytest.param(
            [f"T1,opened,{DAY} 10:00,c1", f"T1,waits,{DAY} 10:30,c1", f"T1,answered,{DAY} 10:30,c1"],
            ["T1 09:00 received", "T1 09:30 response_started", "T1 09:30 paused"],
            id="nor does the last one of the case",
        ),
        pytest.param(
            [f"T1,answered,{DAY} 11:00,c1", f"T1,opened,{DAY} 10:00,c1", f"T2,opened,{DAY} 10:30,c2"],
            ["T1 09:00 received", "T2 09:30 received", "T1 10:00 response_started"],
            id="rows may stand in any order; events come as they happened",
        ),
    ],
)
def test_rows_give_events(tmp_path: Path, rows: list[str], events: list[str]) -> None:
    found, problems = read(mapping(tmp_path), *rows)
    assert [short(event) for event in found] == events
    assert problems == []


def test_the_first_row_at_equal_times_is_decided_by_content_not_by_place(tmp_path: Path) -> None:
    rows = [f"T1,opened,{DAY} 10:00,zoe", f"T1,answered,{DAY} 10:00,amy"]
    assert read(mapping(tmp_path), *rows) == read(mapping(tmp_path), *reversed(rows))


def test_equal_rows_are_counted_so_that_each_has_an_id_of_its_own(tmp_path: Path) -> None:
    row = f"T1,answered,{DAY} 10:00,c1"
    found, _ = read(mapping(tmp_path), row, row)
    assert len({event["id"] for event in found}) == len(found) == 3


def test_ids_do_not_depend_on_the_place_of_a_row() -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    by = read_mapping(HELPDESK)
    found = read(by, *lines[1:], header=lines[0])
    for seed in range(20):
        shuffled = random.Random(seed).sample(lines[1:], len(lines) - 1)
        assert read(by, *shuffled, header=lines[0]) == found


def test_an_id_column_names_the_events(tmp_path: Path) -> None:
    found, _ = read(
        mapping(tmp_path, id={"column": "nr"}), f"T1,answered,{DAY} 10:00,c1,77", header=HEADER + ",nr"
    )
    assert [event["id"] for event in found] == ["77.1.received", "77.1.response_started"]


@pytest.mark.parametrize(
    ("cell", "who", "customer"),
    [
        ({"column": "who"}, "c1", "c1"),
        ({"column": "who", "replace": {" ": "-", "Value": "v"}}, "Value 7", "v-7"),
        ({"column": "who", "values": {"A": "alpha"}}, "A", "alpha"),
        ({"column": "who", "values": {"A": "alpha"}, "unknown": "ignore"}, "B", None),
        ({"column": 4}, "c1", "c1"),
        ("constant", "c1", "constant"),
        ({"value": "constant"}, "c1", "constant"),
        ({"column": "who"}, "", None),
    ],
)
def test_a_field_is_filled_from_a_column_or_a_constant(
    tmp_path: Path, cell: Any, who: str, customer: str | None
) -> None:
    events = SMALL["events"] | {"first": [{"event": "received", "data": {"customer_id": cell}}]}
    found, problems = read(mapping(tmp_path, events=events), f"T1,opened,{DAY} 10:00,{who}")
    assert problems == []
    assert found[0]["data"].get("customer_id") == customer


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            f"T1,vanished,{DAY} 10:00,c1",
            "export.csv:2: column 'what': has a text that the mapping does not list",
        ),
        ("T1,opened,yesterday,c1", "export.csv:2: column 'when': is not a time as %d.%m.%Y %H:%M"),
        ("T1,opened,30.02.2026 10:00,c1", "export.csv:2: column 'when': is not a time as %d.%m.%Y %H:%M"),
        (f",opened,{DAY} 10:00,c1", "export.csv:2: column 'ticket': is empty"),
        (f"T1,opened,{DAY} 10:00", "export.csv:2: has 3 cells, the header has 4"),
        (f'T1,"opened"x,{DAY} 10:00,c1', "export.csv:2: is no CSV: ',' expected after '\"'"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_others_are_read(
    tmp_path: Path, row: str, problem: str
) -> None:
    found, problems = read(mapping(tmp_path), row, f"T2,opened,{DAY} 11:00,c2")
    assert problems == [problem]
    assert [short(event) for event in found] == ["T2 10:00 received"]


def test_a_row_after_a_cell_of_two_lines_is_named_by_its_own_line(tmp_path: Path) -> None:
    _, problems = read(mapping(tmp_path), f'T1,opened,{DAY} 10:00,"c\n1"', "T1,opened,never,c1")
    assert problems == ["export.csv:4: column 'when': is not a time as %d.%m.%Y %H:%M"]


def test_an_unlisted_value_may_be_ignored(tmp_path: Path) -> None:
    events = SMALL["events"] | {"unknown": "ignore"}
    found, problems = read(mapping(tmp_path, events=events), f"T1,vanished,{DAY} 10:00,c1")
    assert [short(event) for event in found] == ["T1 09:00 received"]
    assert problems == []


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("ticket,what,who", "export.csv:1: there is no column 'when'"),
        ("ticket,what,when,who,who", "export.csv:1: column 'who' stands at 4 and 5: name it by its position"),
        ("", "export.csv:1: there is no column 'ticket'"),
    ],
)
def test_a_header_without_what_the_mapping_names_is_refused(tmp_path: Path, header: str, reason: str) -> None:
    with pytest.raises(RefusalError, match=f"^{reason}$"):
        read(mapping(tmp_path), header=header)


def test_a_column_that_stands_twice_is_no_matter_when_nobody_names_it(tmp_path: Path) -> None:
    found, _ = read(mapping(tmp_path), f"T1,opened,{DAY} 10:00,c1,x,y", header=HEADER + ",more,more")
    assert [short(event) for event in found] == ["T1 09:00 received"]


@pytest.mark.parametrize(
    ("local", "utc", "why"),
    [
        ("2026-03-29 01:59:59", "2026-03-29T00:59:59.000Z", "before the gap"),
        ("2026-03-29 02:00:00", "2026-03-29T01:00:00.000Z", "does not exist: forward by the gap, to 03:00"),
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00.000Z", "does not exist: forward by the gap, to 03:30"),
        ("2026-03-29 03:00:00", "2026-03-29T01:00:00.000Z", "after the gap"),
        ("2026-10-25 01:59:59", "2026-10-24T23:59:59.000Z", "before the hour that exists twice"),
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00.000Z", "exists twice: the first"),
        ("2026-10-25 03:00:00", "2026-10-25T02:00:00.000Z", "after it"),
        ("2026-03-29T02:30:00+01:00", "2026-03-29T01:30:00.000Z", "an offset of its own counts"),
        ("2026-03-02 10:00:00.123999", "2026-03-02T09:00:00.123Z", "cut to milliseconds"),
    ],
)
def test_local_times_become_instants(local: str, utc: str, why: str) -> None:
    assert written(instant(local, Time(column="when", zone="Europe/Rome"))) == utc, why


def test_a_time_without_offset_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="has no offset, and the mapping names no zone"):
        instant("2026-03-02 10:00:00", Time(column="when"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mapping: x\nsorce: y\n", ":1: source: Field required"),
        ("mapping: [\n", ":2: is no YAML: expected the node content, but found '<stream end>'"),
        ("just a text", ":1: the file: "),
        ("", ":1: the file: "),
    ],
)
def test_a_bad_mapping_file_is_refused_with_file_and_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RefusalError) as refusal:
        read_mapping(path)
    assert str(refusal.value).startswith(f"{path}{reason}")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("time", {"column": "when", "zone": "Europe/Atlantis"}, "'Europe/Atlantis' is no time zone"),
        ("time", {"column": "when", "zone": "../../etc/passwd"}, "is no time zone"),
        ("encoding", "utf-99", "'utf-99' is no encoding"),
        ("ticket", {"column": "a", "value": "b"}, "needs one of value and column"),
        ("ticket", {"colunm": "a"}, "Extra inputs are not permitted"),
        ("events", SMALL["events"] | {"values": {"x": ["recieved"]}}, "'recieved' is none of received, "),
        (
            "events",
            SMALL["events"] | {"values": {"x": ["received"]}},
            "a row with 'x' could give received twice",
        ),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(tmp_path: Path, field: str, value: Any, reason: str) -> None:
    with pytest.raises(RefusalError) as refusal:
        mapping(tmp_path, **{field: value})
    assert reason in str(refusal.value)
