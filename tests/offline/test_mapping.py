"""How rows of an export read as events, feature by feature, and what is said of what cannot be read."""

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from service.errors import RefusalError
from service.mapping.mapping_file import read_mapping
from service.offline.event_file import Problems, fit
from service.offline.export_file import exported_lines
from service.offline.json_lines import JsonLine, LineProblem
from tests.offline.exports import HEADER, HELPDESK, RECEIPT, ROWS, SAMPLE, mapping, read, short

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
def test_rows_give_events(rows: list[str], events: list[str]) -> None:
    found, problems = read(mapping(), *rows)
    assert [short(event) for event in found] == events
    assert problems == []


def test_the_first_row_at_equal_times_is_decided_by_content_not_by_place() -> None:
    rows = [f"T1,opened,{DAY} 10:00,zoe", f"T1,answered,{DAY} 10:00,amy"]
    assert read(mapping(), *rows) == read(mapping(), *reversed(rows))


def test_equal_rows_are_counted_so_that_each_has_an_id_of_its_own() -> None:
    row = f"T1,answered,{DAY} 10:00,c1"
    found, _ = read(mapping(), row, row)
    assert len({event["id"] for event in found}) == len(found) == 3


def test_ids_do_not_depend_on_the_place_of_a_row() -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    by = read_mapping(HELPDESK)
    found = read(by, *lines[1:], header=lines[0])
    for seed in range(20):
        shuffled = random.Random(seed).sample(lines[1:], len(lines) - 1)
        assert read(by, *shuffled, header=lines[0]) == found


def test_an_id_may_be_made_of_columns() -> None:
    by = mapping({"id": "{nr}", "columns": {**ROWS["columns"], "nr": "Nr."}})
    found, _ = read(by, f"T1,answered,{DAY} 10:00,c1,77", header=HEADER + ",Nr.")
    assert [event["id"] for event in found] == ["77/received", "77/response_started"]


@pytest.mark.parametrize(
    ("value", "who", "customer"),
    [
        ({"read": "who"}, "c1", "c1"),
        ({"read": "who", "replace": {" ": "-", "Value": "v"}}, "Value 7", "v-7"),
        ({"read": "who", "values": {"A": "alpha"}}, "A", "alpha"),
        ("constant", "c1", "constant"),
    ],
)
def test_a_field_is_filled_from_a_column_or_a_constant(value: Any, who: str, customer: str) -> None:
    receipt = {**RECEIPT, "data": {**RECEIPT["data"], "customer_id": value}}
    found, problems = read(mapping({"rules": [receipt]}), f"T1,opened,{DAY} 10:00,{who}")
    assert problems == []
    assert found[0]["data"]["customer_id"] == customer


def test_a_column_may_be_named_by_its_position() -> None:
    by = mapping({"columns": {**ROWS["columns"], "who": 4}})
    found, _ = read(by, f"T1,opened,{DAY} 10:00,c1,c2", header=HEADER + ",who")
    assert found[0]["data"]["customer_id"] == "c1"


HINT = "the header has one column with ';' in it: set delimiter to it"


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        (
            f"T1,vanished,{DAY} 10:00,c1",
            ["rule receipt: with.means: has a text that its table does not list"],
        ),
        ("T1,opened,yesterday,c1", ["time: is not %d.%m.%Y %H:%M"]),
        ("T1,opened,30.02.2026 10:00,c1", ["time: is not %d.%m.%Y %H:%M"]),
        ("T1,opened,,c1", ["time: is missing"]),
        (f"T1,opened,{DAY} 10:00,", ["rule receipt: data.customer_id: is missing"]),
        (f",opened,{DAY} 10:00,c1", ["ticket: is missing"]),
        (f"T1,opened,{DAY} 10:00", ["has 3 cells, the header has 4"]),
        (f'T1,"opened"x,{DAY} 10:00,c1', ["is no CSV: ',' expected after '\"'"]),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_other_tickets_are_read(row: str, problems: list[str]) -> None:
    found, said = read(mapping(), row, f"T2,opened,{DAY} 11:00,c2")
    assert said == [f"export.csv:2: {problem}" for problem in problems]
    assert [short(event) for event in found] == ["T2 10:00 received"]


def test_an_unreadable_row_is_told_with_its_ticket_and_the_other_rows_are_given() -> None:
    """Whether the ticket is left out is for the one who asks for the events."""
    rows = [
        "T1,opened,soon,c1",
        f"T1,answered,{DAY} 10:00,c1",
        f"T2,opened,{DAY} 11:00,c2",
        f",opened,{DAY} 9:00,c",
    ]
    text = "\n".join((HEADER, *rows)).encode()
    found = list(exported_lines(Path("e.csv"), io.BytesIO(text), mapping()))
    problems = [one for one in found if isinstance(one, LineProblem)]
    assert [(one.number, one.ticket) for one in problems] == [(2, "T1@default"), (5, None)]
    assert [short(json.loads(one.record)) for one in found if isinstance(one, JsonLine)] == [
        "T1 09:00 received",
        "T1 09:00 response_started",
        "T2 10:00 received",
    ]


def test_a_row_after_a_cell_of_two_lines_is_named_by_its_own_line() -> None:
    _, problems = read(mapping(), f'T1,opened,{DAY} 10:00,"c\n1"', "T2,opened,never,c1")
    assert "export.csv:4: time: is not %d.%m.%Y %H:%M" in problems


def test_an_unlisted_value_may_be_ignored() -> None:
    rules = [{**RECEIPT, "with": {"means": {"read": "what", "values": "actions", "unknown": "ignore"}}}]
    found, problems = read(mapping({"rules": rules}), f"T1,vanished,{DAY} 10:00,c1")
    assert [short(event) for event in found] == ["T1 09:00 received"]
    assert problems == []


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("ticket,what,who", "export.csv:1: there is no column 'when'"),
        ("ticket,what,when,who,who", "export.csv:1: column 'who' stands at 4 and 5: name it by its position"),
        ("", "export.csv:1: there is no column 'ticket'"),
        (
            "ticket;what;when;who",
            f"export.csv:1: there is no column 'ticket'; {HINT}",
        ),
    ],
)
def test_a_header_without_what_the_mapping_names_is_refused(header: str, reason: str) -> None:
    with pytest.raises(RefusalError, match=f"^{reason}$"):
        read(mapping(), header=header)


def test_a_column_that_stands_twice_is_no_matter_when_nobody_names_it() -> None:
    found, _ = read(mapping(), f"T1,opened,{DAY} 10:00,c1,x,y", header=HEADER + ",more,more")
    assert [short(event) for event in found] == ["T1 09:00 received"]


def test_rows_without_content_are_left_out() -> None:
    found, problems = read(mapping(), ",,,", f"T1,opened,{DAY} 10:00,c1", " , ,,", "")
    assert [short(event) for event in found] == ["T1 09:00 received"]
    assert problems == []


def test_a_file_of_a_spreadsheet_is_read() -> None:
    """A byte order mark, semicolons, CRLF, another encoding, Chinese names of columns."""
    columns = {"ticket": "工单号", "what": "动作", "when": "时间", "who": "客户"}
    when = {"read": "when", "format": "%Y年%m月%d日 %H:%M", "zone": "Asia/Shanghai"}
    by = mapping(
        {"columns": columns, "time": when, "delimiter": ";", "encoding": "gb18030"},
        tables={"actions": {"受理": "response_started"}},
    )
    text = "工单号;动作;时间;客户\r\n工单-1;受理;2026年3月2日 09:31;客户甲\r\n"
    found = list(exported_lines(Path("e.csv"), io.BytesIO(text.encode("gb18030")), by))
    events = [json.loads(line.record) for line in found if isinstance(line, JsonLine)]
    assert [short(event) for event in events] == ["工单-1 01:31 received", "工单-1 01:31 response_started"]
    with_mark = io.BytesIO(f"\ufeff{HEADER}\r\nT1,opened,{DAY} 10:00,c1\r\n".encode())
    assert len(list(exported_lines(Path("e.csv"), with_mark, mapping()))) == 1
    with pytest.raises(RefusalError, match=r"e\.csv:1: is not utf-8; it looks like gb18030: say encoding"):
        list(exported_lines(Path("e.csv"), io.BytesIO(text.encode("gb18030")), mapping()))


# A row for each ticket, with a column for each instant.
WIDE: dict[str, Any] = {
    "columns": {
        "ticket": "Nr",
        "day": "Opened on",
        "hour": "at",
        "answered": "First answer",
        "minutes": "Minutes to solve",
        "closed": "Closed",
        "state": "State",
        "org": "Org",
        "by": "By",
    },
    "ticket": "ticket",
    "time": None,
    "id": "{ticket}",
    "rules": [
        {
            "rule": "receipt",
            "time": {"read": "join(' ', [day, hour])", "format": "%d.%m.%Y %H:%M", "zone": "+00:00"},
            "event": "received",
            "data": {"customer_id": "c", "channel": "phone"},
        },
        {
            "rule": "answer",
            "time": {"read": "answered", "format": "excel", "zone": "+00:00"},
            "event": "response_started",
        },
        {
            "rule": "solved",
            "when": {"state": ["solved", "closed"], "by": {"not": "robot"}},
            "time": {
                "read": "join(' ', [day, hour])",
                "format": "%d.%m.%Y %H:%M",
                "zone": "+00:00",
                "plus": {"minutes": "minutes"},
            },
            "event": "resolved",
        },
        {
            "rule": "closed",
            "time": {"read": "closed", "format": ["unix_s", "rfc3339"], "none": ["0001-01-01T00:00:00Z"]},
            "event": "closed",
        },
    ],
}
WIDE_HEADER = "Nr,Opened on,at,First answer,Minutes to solve,Closed,State,Org,By"


@pytest.mark.parametrize(
    ("row", "events"),
    [
        ("1,02.03.2026,09:00,,,,open,a,x", ["09:00 received"]),
        ("1,02.03.2026,09:00,46083.375,,,open,a,x", ["09:00 received", "09:00 response_started"]),
        ("1,02.03.2026,09:00,,90,,solved,a,x", ["09:00 received", "10:30 resolved"]),
        ("1,02.03.2026,09:00,,90,,open,a,x", ["09:00 received"]),
        ("1,02.03.2026,09:00,,90,,solved,a,robot", ["09:00 received"]),
        ("1,02.03.2026,09:00,,,1772445600,open,a,x", ["09:00 received", "10:00 closed"]),
        ("1,02.03.2026,09:00,,,2026-03-02T10:00:00Z,open,a,x", ["09:00 received", "10:00 closed"]),
        ("1,02.03.2026,09:00,,,0001-01-01T00:00:00Z,open,a,x", ["09:00 received"]),
    ],
)
def test_a_row_for_each_ticket_has_a_column_for_each_instant(row: str, events: list[str]) -> None:
    found, problems = read(mapping(WIDE), row, header=WIDE_HEADER)
    assert problems == []
    assert [short(event) for event in found] == [f"1 {event}" for event in events]


def test_the_tenant_may_stand_in_a_column() -> None:
    by = mapping(WIDE, tenant={"read": "org"})
    rows = ["1,02.03.2026,09:00,,,,open,north,x", "1,02.03.2026,08:00,,,soon,open,south,x"]
    found, problems = read(by, *rows, header=WIDE_HEADER)
    assert [(event["tenant"], event["subject"]) for event in found] == [("north", "1")]
    assert len(problems) == 1  # the ticket of that id of another tenant is another ticket


# A row for each event, with the receipt in a column of every row.
LONG = {
    "columns": {"ticket": "ticket", "what": "what", "when": "when", "opened": "opened"},
    "time": None,
    "rules": [
        {
            "rule": "receipt",
            "once": "true",
            "id": "{ticket}/received",
            "time": "opened",
            "event": "received",
            "data": {"customer_id": "c", "channel": "phone"},
        },
        {"rule": "answer", "when": {"what": "answer"}, "time": "when", "event": "response_started"},
    ],
}


def test_the_earliest_row_gives_the_receipt_that_every_row_has() -> None:
    rows = [
        "T1,answer,2026-03-02T11:00:00Z,2026-03-02T09:30:00Z",
        "T1,answer,2026-03-02T10:00:00Z,2026-03-02T09:00:00Z",
        "T1,answer,2026-03-02T12:00:00Z,",
    ]
    for order in (rows, rows[::-1]):
        found, problems = read(mapping(LONG), *order, header="ticket,what,when,opened")
        assert problems == []
        answers = [f"T1 {hour}:00 response_started" for hour in (10, 11, 12)]
        assert [short(event) for event in found] == ["T1 09:00 received", *answers]


def test_two_events_of_one_id_and_different_contents_make_the_ticket_unreadable() -> None:
    by = mapping({**LONG, "id": "{ticket}"})
    rows = [f"T1,answer,2026-03-02T{hour}:00:00Z,2026-03-02T09:00:00Z" for hour in (10, 11)]
    found, problems = read(by, *rows, header="ticket,what,when,opened")
    assert found == []
    assert any("is the same for two different events of the export" in problem for problem in problems)
    found, problems = read(by, rows[0], rows[0], header="ticket,what,when,opened")
    assert (len(found), problems) == (2, [])


def test_a_second_file_is_joined_by_a_key(tmp_path: Path) -> None:
    rules: list[dict[str, Any]] = [
        {**RECEIPT, "with": {"one": {"find": "customers", "by": "who", "key": "id", "optional": "true"}}}
    ]
    rules[0]["data"] = {"customer_id": {"read": "who"}, "channel": "phone", "region": {"read": "one.region"}}
    files = {"customers": {"file": "customers.csv", "columns": {"id": "Id", "region": "Region"}}}
    by = mapping({"rules": rules, "files": files})
    rows = [f"T1,opened,{DAY} 10:00,c1", f"T2,opened,{DAY} 10:00,c3"]
    with pytest.raises(RefusalError, match=r"customers\.csv: No such file"):
        read(by, *rows, name=str(tmp_path / "export.csv"))
    (tmp_path / "customers.csv").write_text("Id,Region\nc2,south\nc1,north\n", encoding="utf-8")
    found, _ = read(by, *rows, name=str(tmp_path / "export.csv"))
    assert [event["data"].get("region") for event in found] == ["north", None]
    del rules[0]["with"]["one"]["optional"]
    found, problems = read(
        mapping({"rules": rules, "files": files}), *rows, name=str(tmp_path / "export.csv")
    )
    assert [short(event) for event in found] == ["T1 09:00 received"]
    assert ["customers has no such row" in problem for problem in problems] == [True]
    (tmp_path / "customers.csv").write_text("Id,Region\nc2\n", encoding="utf-8")
    with pytest.raises(RefusalError, match=r"customers\.csv:2: has 1 cells, the header has 2"):
        read(by, *rows, name=str(tmp_path / "export.csv"))


@pytest.mark.parametrize("name", ["export.jsonl", "export.json"])
def test_rows_may_be_json_objects(name: str) -> None:
    objects = [
        {"ticket": 7, "what": "answered", "when": f"{DAY} 10:00", "who": "c1"},
        {"ticket": 7, "when": None, "what": None, "who": "", "more": None},
    ]
    objects[1] |= {"ticket": None}
    lines = "\n".join(map(json.dumps, objects)) if name.endswith("l") else json.dumps(objects)
    found, problems = read(mapping(), header=lines, name=name)
    assert problems == []
    assert [short(event) for event in found] == ["7 09:00 received", "7 09:00 response_started"]
    with pytest.raises(RefusalError, match="something other than objects"):
        read(mapping(), header="[5]", name=name)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"time": {"read": "when", "zone": "Europe/Atlantis"}}, "“Europe/Atlantis” is neither a time zone"),
        ({"time": {"read": "when", "zone": "../../etc/passwd"}}, "is neither a time zone"),
        ({"time": {"read": "when", "format": "dd/MM/yyyy HH:mm"}}, "“dd/MM/yyyy HH:mm” is no format"),
        ({"time": {"read": "when", "format": "%d/%m/%Y"}}, "has no time of day; say with date_at"),
        ({"encoding": "utf-99"}, "“utf-99” is no encoding that lines can be read in"),
        ({"delimiter": ";;"}, "must be one character, or tab"),
        ({"ticket": "tiket"}, "rows.ticket: “tiket” is no column; did you mean ticket?"),
        ({"columns": {}}, "is no column"),
        ({"columns": {"my column": "x"}}, "the name must have letters"),
        ({"rules": [{**RECEIPT, "until_next": "resumed"}]}, "has no use beside until_next"),
        ({"rules": [{**RECEIPT, "once": "false"}]}, "must be true; leave it out otherwise"),
        ({"rules": [{**ROWS["rules"][2], "until_next": "closed"}]}, "gives closed the data of the rule"),
        ({"files": {"what": {"file": "x", "columns": {}}}}, "the name what is given twice"),
    ],
)
def test_rows_that_cannot_work_are_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(RefusalError) as refusal:
        mapping(changed)
    assert reason in str(refusal.value)


def test_a_mapping_without_rows_reads_no_export() -> None:
    with pytest.raises(RefusalError, match="the mapping jira has no rows: it cannot read an export"):
        read(read_mapping(HELPDESK.with_name("jira.yaml")))


def test_what_a_mapping_makes_fit_or_leaves_out_is_told_without_its_text(tmp_path: Path) -> None:
    data = {**RECEIPT["data"], "channel": {"read": "what"}, "region": {"read": "who", "values": {"x": "y"}}}
    data["region"]["unknown"] = "ignore"
    by = {"mapping": "m", "source": "/s", "tables": {"actions": {"fax": "nothing"}}}
    by["rows"] = {**ROWS, "rules": [{**RECEIPT, "data": data}]}
    (tmp_path / "m.yaml").write_text(json.dumps(by), encoding="utf-8")
    export = tmp_path / "export.csv"
    export.write_text(f"{HEADER}\nT1,fax,{DAY} 10:00,c1\nT2,fax,{DAY} 10:00,c2\n", encoding="utf-8")
    err = io.StringIO()
    problems = Problems(str(export), err)
    found = list(
        fit(str(export), stdin=io.BytesIO(), mapping=tmp_path / "m.yaml", problems=problems, err=err)
    )
    assert [event.fact.data.get("channel") for event in found] == ["other", "other"]
    assert problems.count == 0
    channel = "data.channel: is none of the contract's channels, so it is “other”"
    region = "data.region: its table does not list the text, so it is left out"
    assert err.getvalue().splitlines() == [
        f"{export}:2: rule receipt: {said} (2 times)" for said in (channel, region)
    ]
