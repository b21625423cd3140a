"""What is sent of a file, in which order and at which times; the sender here only notes it."""

import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from service.errors import RefusalError
from service.events.structured import decode_json
from service.offline.publish import Send, Sending, publish
from tests.offline.exports import HELPDESK, SAMPLE
from tests.offline.test_simulate import event, lines
from tests.sla.stories import DAY, at

NOW = at("20:00")


def published(
    content: str | Path, **how: Any
) -> tuple[int, list[tuple[str, dict[str, Any]]], str, list[str]]:
    """Exit code, (key, event) in the order sent, what was said, and complaints."""
    sent: list[tuple[str, dict[str, Any]]] = []

    @asynccontextmanager
    async def noting() -> AsyncIterator[Send]:
        async def send(key: str, value: bytes) -> None:
            sent.append((key, json.loads(value)))

        yield send

    async def whole(tickets: Iterable[tuple[str, Sequence[bytes]]], told: Callable[[int], None]) -> None:
        for key, events in tickets:
            sent.extend((key, json.loads(event)) for event in events)
            told(len(events))

    out, err = io.StringIO(), io.StringIO()
    events, stdin = ("-", content.encode()) if isinstance(content, str) else (str(content), b"")
    sending = Sending(noting(), whole)
    code = publish(events, sending=sending, **({"now": NOW} | how), stdin=io.BytesIO(stdin), out=out, err=err)
    return code, sent, out.getvalue(), err.getvalue().splitlines()


STORY = lines(
    event("T1", "received", "09:00", "a"),
    event("T2", "received", "09:10", "a"),
    event("T1", "response_started", "09:05", "b"),
)
BAD = event("T1", "received", "09:00", "x", channel=["pigeon"])


@pytest.fixture
def story(tmp_path: Path) -> Path:
    (tmp_path / "story.jsonl").write_text(STORY)
    return tmp_path / "story.jsonl"


def test_standard_input_is_sent_line_by_line_with_the_ticket_as_key() -> None:
    code, sent, out, err = published(STORY)
    assert (code, out, err) == (0, "3 events sent\n", [])
    assert [(key, value["id"]) for key, value in sent] == [("T1", "a"), ("T2", "a"), ("T1", "b")]
    for (key, value), line in zip(sent, STORY.splitlines(), strict=True):
        assert decode_json(json.dumps(value).encode()) == decode_json(line.encode())
        assert value["subject"] == key


@pytest.mark.parametrize("rebase", [True, False])
def test_a_file_is_sent_ticket_by_ticket(story: Path, rebase: bool) -> None:
    code, sent, out, err = published(story, rebase=rebase)
    assert (code, out, err) == (0, "3 events sent\n", [])
    assert [(key, value["id"]) for key, value in sent] == [("T1", "a"), ("T1", "b"), ("T2", "a")]


def test_a_file_at_a_rate_is_sent_in_its_order(story: Path) -> None:
    assert [key for key, _ in published(story, rate=1e6)[1]] == ["T1", "T2", "T1"]


def test_tickets_of_two_tenants_with_one_id_are_sent_together(story: Path) -> None:
    other = json.loads(event("T1", "received", "09:20", "c")) | {"tenant": "acme"}
    story.write_text(STORY + json.dumps(other))
    assert [(key, value["tenant"]) for key, value in published(story)[1]] == [
        ("T1", "default"),
        ("T1", "default"),
        ("T1", "acme"),
        ("T2", "default"),
    ]


PERSON = "Erika Mustermann, +49 30 1234567"


def test_only_the_fields_of_the_contract_leave(story: Path) -> None:
    stuffed = json.loads(event("T1", "received", "09:00", "a", name=PERSON, note={"text": [PERSON]}))
    stuffed |= {"comment": PERSON, "dataschema": PERSON, "traceparent": TRACED}
    untraced = json.loads(event("T1", "closed", "09:30", "b", reason=PERSON)) | {"traceparent": PERSON}
    story.write_text(lines(json.dumps(stuffed), json.dumps(untraced)))
    for content in (story, story.read_text()):
        _, sent, _, _ = published(content)
        assert PERSON not in json.dumps(sent)
        assert [value.get("traceparent") for _, value in sent] == [TRACED, None]


TRACED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize("place", [0, 2, 3])
def test_a_ticket_with_an_unreadable_line_is_not_sent_unless_partial(story: Path, place: int) -> None:
    listed = STORY.splitlines()
    story.write_text(lines(*listed[:place], BAD, *listed[place:]))
    code, sent, out, err = published(story)
    assert (code, out, [key for key, _ in sent]) == (1, "1 events sent\n", ["T2"])
    assert err[0].startswith(f"{story}:{place + 1}: data.channel")
    assert err[1] == f"{story}: not sent (--partial sends their other lines): {ONE}"
    code, sent, out, err = published(story, partial=True)
    assert (code, out, [key for key, _ in sent]) == (1, "3 events sent\n", ["T1", "T1", "T2"])
    assert err[1] == f"{story}: sent without their unreadable lines: {ONE}"


ONE = "1 ticket with 1 unreadable line: T1@default"


def test_of_standard_input_a_ticket_is_sent_until_its_first_unreadable_line() -> None:
    first, *others = STORY.splitlines()
    code, sent, _, err = published(lines(first, BAD, *others))
    assert (code, [key for key, _ in sent]) == (1, ["T1", "T2"])
    assert err[1] == f"standard input: not sent any further: {ONE}"
    assert [key for key, _ in published(lines(first, BAD, *others), partial=True)[1]] == ["T1", "T2", "T1"]


def test_when_strict_nothing_is_sent_of_a_file_and_nothing_more_of_standard_input(story: Path) -> None:
    first, *others = STORY.splitlines()
    story.write_text(lines(first, BAD, *others))
    code, sent, out, err = published(story, strict=True)
    assert (code, sent, out, err[1:]) == (1, [], "", ["nothing was sent"])
    code, sent, out, err = published(story.read_text(), strict=True)
    assert (code, [key for key, _ in sent], out) == (1, ["T1"], "")
    assert err[1:] == ["nothing was sent after the first unreadable line"]


@pytest.mark.parametrize(("partial", "tickets"), [(False, {"Case-2"}), (True, {"Case-1", "Case-2"})])
def test_a_ticket_with_an_unreadable_row_is_not_sent_unless_it_is_asked_for(
    tmp_path: Path, partial: bool, tickets: set[str]
) -> None:
    when = "2026/03/02 09:45:00.000"
    rows = [f"Case 1,Wait,{when},k,Value 1", "Case 1,Closed,soon,k,Value 1", f"Case 2,Wait,{when},k,Value 1"]
    export = tmp_path / "export.csv"
    header = "Case ID,Activity,Complete Timestamp,customer,seriousness_2"
    export.write_text("\n".join((header, *rows, "")), encoding="utf-8")
    code, sent, _, err = published(export, mapping=HELPDESK, now=NOW + 30 * DAY, partial=partial)
    assert code == 1
    assert {key for key, _ in sent} == tickets
    assert len(err) == 2  # the row, and what becomes of its ticket


def test_an_export_is_sent_as_it_happened() -> None:
    code, sent, _, err = published(SAMPLE, mapping=HELPDESK, now=NOW + 30 * DAY)
    assert (code, err) == (0, [])
    times: dict[str, list[str]] = {}
    for key, value in sent:
        times.setdefault(key, []).append(value["time"])
    assert all(happened == sorted(happened) for happened in times.values())
    assert len(sent) == 21


def test_rebase_moves_all_by_as_much_so_that_the_last_is_now() -> None:
    _, sent, _, _ = published(STORY, rebase=True)
    assert [(value["id"], value["time"]) for _, value in sent] == [
        ("a", "2026-03-02T19:50:00.000Z"),
        ("b", "2026-03-02T19:55:00.000Z"),
        ("a", "2026-03-02T20:00:00.000Z"),
    ]


def test_rebase_of_nothing_sends_nothing() -> None:
    assert published("", rebase=True)[:3] == (0, [], "0 events sent\n")


@pytest.mark.parametrize(("ahead", "code"), [(-1, 0), (0, 0), (1, 1)])
def test_an_event_more_than_a_day_ahead_is_not_sent(ahead: int, code: int) -> None:
    from schemas.instant import written

    far = event("T1", "received", "09:00", "a").replace("2026-03-02T09:00:00Z", written(NOW + DAY + ahead))
    assert published(far)[0] == code
    assert published(far, rebase=True)[0] == 0


def test_rate_spreads_the_events() -> None:
    """Three events at fifty a second take at least the two fiftieths between them."""
    import asyncio

    began = asyncio.new_event_loop().time()
    published(STORY, rate=50)
    assert asyncio.new_event_loop().time() - began >= 0.04


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(RefusalError, match=r"nowhere\.jsonl: No such file or directory"):
        published(Path("nowhere.jsonl"))
