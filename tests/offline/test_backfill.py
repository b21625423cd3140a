"""What `backfill` sends of a history or an export, and what it says; the log here is a list."""

import io
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from service.errors import RefusalError
from service.events.structured import decode_json
from service.offline.backfill import Backfill, Log, backfill
from service.sla.facts import Fact
from tests.mapping.desks import ROOT
from tests.sla.stories import DAY, at

NOW = at("20:00") + DAY
ZENDESK = ROOT / "mappings" / "zendesk.yaml"
HISTORY = ROOT / "tests/mapping/samples/zendesk/history.json"
MAPPING = """\
mapping: small
source: /small
rows:
  columns: {ticket: Nr, at: Opened, answered: Answered, closed: Closed}
  ticket: ticket
  rules:
    - rule: receipt
      event: received
      id: "{ticket}/created"
      time: at
      data: {customer_id: c, channel: phone}
    - {rule: answer, event: response_started, id: "{ticket}/answered", time: answered}
    - {rule: end, event: closed, id: "{ticket}/closed", time: closed}
"""
HEADER = "Nr,Opened,Answered,Closed"


def minute(number: int) -> str:
    return f"2026-03-02T09:{number:02}:00Z"


A = f"1,{minute(0)},{minute(10)},", f"2,{minute(0)},{minute(20)},"
B = f"1,{minute(0)},{minute(40)},{minute(50)}", f"2,{minute(0)},,"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(MAPPING, encoding="utf-8")
    return tmp_path / "small.yaml"


class Desk:
    """A mapping, and a log that starts empty."""

    def __init__(self, mapping: Path) -> None:
        self.mapping = mapping
        self.log: list[tuple[str, Fact]] = []
        self.sent: list[str] = []

    def backfill(
        self, *rows: str, file: Path | None = None, **asked: Any
    ) -> tuple[int, list[str], list[str]]:
        """Exit code, lines of standard output, lines of standard error."""
        if file is None:
            file = self.mapping.with_name("export.csv")
            file.write_text("\n".join((HEADER, *rows, "")), encoding="utf-8")
        out, err = io.StringIO(), io.StringIO()
        self.sent = []
        log = Log(self._ids, self._facts, self._send)
        code = backfill(
            self.mapping, str(file), Backfill(**asked), log=log, now=NOW, stdin=io.BytesIO(), out=out, err=err
        )
        said = err.getvalue().replace(f"{file}", "FILE")
        return code, out.getvalue().splitlines(), said.splitlines()

    async def _ids(self, source: str) -> set[str]:
        return {fact.id for _, fact in self.log if fact.source == source}

    async def _facts(self, wanted: Callable[[str, Fact], bool]) -> list[tuple[str, Fact]]:
        return [one for one in self.log if wanted(*one)]

    async def _send(
        self, tickets: Iterable[tuple[str, Sequence[bytes]]], told: Callable[[int], None]
    ) -> None:
        for _, events in tickets:
            for event in events:
                decoded = decode_json(event, NOW)
                assert isinstance(decoded, tuple)
                self.log.append(decoded)
                said = json.loads(event)
                self.sent.append(f"{said['subject']} {said['type'][10:]} {said['time'][14:16]}")
            told(len(events))


def test_an_export_is_sent_by_whole_tickets(mapping: Path) -> None:
    desk = Desk(mapping)
    assert desk.backfill(*A) == (0, ["4 events sent"], [])
    assert desk.sent == [
        "1 received 00",
        "1 response_started 10",
        "2 received 00",
        "2 response_started 20",
    ]


def test_a_dry_run_prints_the_events_that_the_log_lacks(mapping: Path) -> None:
    desk = Desk(mapping)
    desk.backfill(A[0])
    code, out, err = desk.backfill(*A, dry_run=True)
    assert code == 0
    assert [json.loads(line)["id"] for line in out] == ["2/created", "2/answered"]
    assert err == ["2 of 4 events are new; nothing was sent"]
    assert desk.sent == []


def test_since_an_instant(mapping: Path) -> None:
    desk = Desk(mapping)
    desk.backfill(*A, since=at("09:20"))
    assert desk.sent == ["2 response_started 20"]


def test_a_later_export_replaces_what_changed_and_names_what_vanished(mapping: Path) -> None:
    desk = Desk(mapping)
    desk.backfill(*A)
    counted = "1 new, 1 changed (voided and sent anew), 2 unchanged, 0 voided by others, 1 vanished"
    told = [counted, "what vanished from the file stays: in tickets 2@default"]
    code, out, err = desk.backfill(*B, replace=True, dry_run=True)
    assert (code, err, desk.sent) == (0, told, [])
    first = {"tenant": "default", "ticket_id": "1", "new": 1, "changed": 1, "unchanged": 1}
    second = {"tenant": "default", "ticket_id": "2", "new": 0, "changed": 0, "unchanged": 1}
    none = {"voided": 0, "moved": 0}
    assert [json.loads(line) for line in out] == [
        {**first, **none, "vanished": []},
        {**second, **none, "vanished": ["2/answered"]},
    ]
    assert desk.backfill(*B, replace=True) == (0, ["3 events sent"], told)
    assert desk.sent == ["1 voided 40", "1 response_started 40", "1 closed 50"]
    code, out, err = desk.backfill(*B, replace=True)
    assert (code, out, desk.sent) == (0, ["0 events sent"], [])
    assert err[0].startswith("0 new, 0 changed (voided and sent anew), 4 unchanged")


def test_a_tenant_of_the_command_is_that_of_rows_without_one(mapping: Path) -> None:
    desk = Desk(mapping)
    desk.backfill(A[0], tenant="acme")
    assert [ticket for ticket, _ in desk.log] == ["1@acme", "1@acme"]


@pytest.mark.parametrize("replace", [False, True])
def test_of_an_export_a_ticket_with_an_unreadable_row_is_left_out_unless_partial(
    mapping: Path, replace: bool
) -> None:
    desk = Desk(mapping)
    desk.backfill(*A)
    rows = A[0].replace(minute(10), "soon"), A[1].replace(minute(20), minute(25)), f"3,{minute(1)},,"
    code, out, err = desk.backfill(*rows, replace=replace)
    assert code == 1
    assert err[0].startswith("FILE:2: rule answer: time: is not ")
    assert err[1] == (
        "FILE: not sent (--partial sends their other rows): 1 ticket with 1 unreadable line: 1@default"
    )
    # Without replace the changed answer goes out under its id, and the log has two contents of one event.
    again = ["2 received 00"] if not replace else ["2 voided 25"]
    assert desk.sent == [*again, "2 response_started 25", "3 received 01"]
    assert out == ["3 events sent"]
    code, _, err = desk.backfill(*rows, replace=replace, partial=True)
    assert code == 1
    assert err[1] == "FILE: sent without their unreadable rows: 1 ticket with 1 unreadable line: 1@default"
    if replace:  # the row gave nothing, so what it told before stands
        assert desk.sent == []
        assert err[2].startswith("0 new, 0 changed (voided and sent anew), 3 unchanged")


def test_a_history_of_which_a_part_cannot_be_mapped_is_not_sent_unless_partial(tmp_path: Path) -> None:
    history = tmp_path / "history.json"
    text = HISTORY.read_text(encoding="utf-8")
    moment = json.loads(text)["audits"][0]["created_at"]
    history.write_text(text.replace(moment, "yesterday", 1), encoding="utf-8")
    desk = Desk(ZENDESK)
    code, out, err = desk.backfill(file=history)
    assert (code, out) == (1, [])
    assert err[-1].startswith("nothing is sent: ")
    assert err[-1].endswith("--partial sends the rest")
    assert desk.backfill(file=history, partial=True)[0] == 1
    assert desk.sent


def test_a_history_may_replace_as_well(tmp_path: Path) -> None:
    desk = Desk(ZENDESK)
    desk.backfill(file=HISTORY)
    assert desk.backfill(file=HISTORY, replace=True)[1] == ["0 events sent"]
    document = json.loads(HISTORY.read_text(encoding="utf-8"))
    created = document["audits"][0]["events"]
    next(one for one in created if one.get("field_name") == "priority")["value"] = "low"
    later = tmp_path / "history.json"
    later.write_text(json.dumps(document), encoding="utf-8")
    assert desk.backfill(file=later, replace=True)[0] == 0
    assert [line.split()[1] for line in desk.sent] == ["voided", "received"]


def test_ids_made_of_the_content_of_a_row_cannot_replace(mapping: Path) -> None:
    mapping.write_text(MAPPING.replace('id: "{ticket}/answered", ', ""), encoding="utf-8")
    with pytest.raises(RefusalError) as refusal:
        Desk(mapping).backfill(*A, replace=True)
    assert str(refusal.value) == (
        f"{mapping}:12: the id of rule answer is made of the row's content, so a corrected row would be"
        " another event; --replace needs an id that stays"
    )


def test_a_ticket_that_would_have_too_many_facts_is_told_and_not_corrected(mapping: Path) -> None:
    desk = Desk(mapping)
    desk.backfill(*A)
    key, fact = desk.log[0]
    many = [(key, Fact(fact.time, 9, "/other", f"{number}", {}, 0, 0, 0)) for number in range(996)]
    desk.log += many
    rows = A[0].replace(minute(10), minute(11)), A[1].replace(minute(20), minute(21))
    code, _, err = desk.backfill(*rows, replace=True)
    assert code == 0
    desk.log = [one for one in desk.log if one[0] == "2@default"]
    desk.backfill(A[0])
    desk.log += [*many, (key, Fact(fact.time, 9, "/other", "one more", {}, 0, 0, 0))]
    code, out, err = desk.backfill(*rows, replace=True)
    assert (code, out) == (1, ["0 events sent"])
    assert err[-1] == "ticket 1@default: not corrected: with 2 events more it has over 1,000 facts"


def test_a_mapping_that_reads_neither_is_refused(mapping: Path) -> None:
    mapping.write_text(
        "mapping: m\nsource: /s\nticket: t\ndeliveries:\n  - {event: closed, id: '{t}', time: at}\n"
    )
    with pytest.raises(RefusalError, match="has neither history nor rows"):
        Desk(mapping).backfill(*A)


@pytest.mark.parametrize("replace", [False, True])
def test_other_rows_of_a_ticket_with_an_unreadable_row_are_not_sent_either(
    mapping: Path, replace: bool
) -> None:
    desk = Desk(mapping)
    rows = f"1,{minute(0)},,", "1,,soon,", f"2,{minute(0)},,"
    assert desk.backfill(*rows, replace=replace)[0] == 1
    assert desk.sent == ["2 received 00"]
    assert desk.backfill(*rows, replace=replace, partial=True)[0] == 1
    assert "1 received 00" in desk.sent


@pytest.mark.parametrize(
    ("name", "sent"),
    [("day.json", "9 closed 30"), ("day.csv", "1 received 00"), ("day.jsonl", "1 received 00")],
)
def test_a_mapping_for_both_takes_a_json_document_as_a_history(mapping: Path, name: str, sent: str) -> None:
    rules = "ticket: t\ndeliveries:\n  - {event: closed, id: '{t}/closed', time: at}\n"
    history = "history:\n  - {each: {one: all}, body: {t: one.t, at: one.at}}\n"
    mapping.write_text(MAPPING + rules + history, encoding="utf-8")
    contents = {
        "day.json": json.dumps({"all": [{"t": 9, "at": minute(30)}]}),
        "day.csv": f"{HEADER}\n1,{minute(0)},,\n",
        "day.jsonl": json.dumps({"Nr": 1, "Opened": minute(0), "Answered": None, "Closed": None}),
    }
    file = mapping.with_name(name)
    file.write_text(contents[name], encoding="utf-8")
    desk = Desk(mapping)
    assert desk.backfill(file=file)[0] == 0
    assert desk.sent == [sent]


def test_one_id_for_two_different_events_of_a_history_is_told_and_nothing_is_sent(mapping: Path) -> None:
    rules = "ticket: t\ndeliveries:\n  - {event: closed, id: '{t}/closed', time: at}\n"
    history = "history:\n  - {each: {one: all}, body: {t: one.t, at: one.at}}\n"
    mapping.write_text(MAPPING + rules + history, encoding="utf-8")
    file = mapping.with_name("day.json")
    told = [{"t": 9, "at": minute(30)}, {"t": 9, "at": minute(30)}, {"t": 9, "at": minute(31)}]
    file.write_text(json.dumps({"all": told}), encoding="utf-8")
    desk = Desk(mapping)
    code, _, err = desk.backfill(file=file)
    assert (code, desk.sent) == (1, [])
    assert "id 9/closed is the same for two different events of the history" in err[0]
    desk.backfill(file=file, partial=True)
    assert desk.sent == ["9 closed 30"]
