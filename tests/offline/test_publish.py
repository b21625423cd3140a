"""What is sent of a file, in which order and at which times; the sender here only notes it."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from service.errors import RefusalError
from service.offline.publish import Send, publish
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

    out, err = io.StringIO(), io.StringIO()
    events, stdin = ("-", content.encode()) if isinstance(content, str) else (str(content), b"")
    code = publish(
        events, sending=noting(), **({"now": NOW} | how), stdin=io.BytesIO(stdin), out=out, err=err
    )
    return code, sent, out.getvalue(), err.getvalue().splitlines()


STORY = lines(
    event("T1", "received", "09:00", "a"),
    event("T2", "received", "09:10", "a"),
    event("T1", "response_started", "09:05", "b"),
)


def test_json_lines_are_sent_as_they_stand_with_the_ticket_as_key() -> None:
    code, sent, out, err = published(STORY)
    assert (code, out, err) == (0, "3 events sent\n", [])
    assert sent == [(value["subject"], value) for value in map(json.loads, STORY.splitlines())]


def test_bad_lines_are_named_and_the_good_ones_sent() -> None:
    code, sent, out, err = published(
        "{\n" + STORY + event("T3", "received", "09:00", "x", channel=["pigeon"]) + "\n"
    )
    assert (code, out) == (1, "3 events sent\n")
    assert [key for key, _ in sent] == ["T1", "T2", "T1"]
    assert [line.split(": ")[0] for line in err] == ["standard input:1", "standard input:5"]
    assert "data.channel" in err[1]


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
    assert (len(err) == 2) is not partial


def test_an_export_is_sent_as_it_happened() -> None:
    code, sent, _, err = published(SAMPLE, mapping=HELPDESK, now=NOW + 30 * DAY)
    assert (code, err) == (0, [])
    times = [value["time"] for _, value in sent]
    assert times == sorted(times)
    assert len(sent) == 21


def test_rebase_moves_all_by_as_much_so_that_the_last_is_now() -> None:
    _, sent, _, _ = published(STORY, rebase=True)
    assert [value["time"] for _, value in sent] == [
        "2026-03-02T19:50:00.000Z",
        "2026-03-02T20:00:00.000Z",
        "2026-03-02T19:55:00.000Z",
    ]
    assert [value["id"] for _, value in sent] == ["a", "a", "b"]


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
