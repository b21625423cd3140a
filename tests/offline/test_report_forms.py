"""The forms of a report: a table for terminals, CSV, JSON, and a page that stands alone."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click import Choice

from service.cli.report import report
from service.errors import RefusalError
from service.report.charts import filled
from service.report.columns import COLUMNS
from service.report.csv import _cell
from service.report.durations import buckets, quantile
from service.report.request import BY
from service.report.translations import WORDS, length_text, percent_text
from service.report.write import FORMS, write
from tests.offline.reports import HISTORY, event, reported
from tests.sla.stories import HOUR, MINUTE, clock, policy

HOSTILE = '<script>alert(1)</script>"&{{7*7}}'
RETRACTED = {
    "detected_at": "2026-03-02T12:00:00.000Z",
    "tenant": "default",
    "ticket_id": "T9",
    "customer_id": "c9",
    "cycle": 1,
    "clock": "response",
    "level": "minor",
    "due_at": "2026-03-02T11:00:00.000Z",
    "revision": 2,
    "reason": "late_fact",
    "cause_source": "/desk",
    "cause_event_id": "e9",
    "undone": False,
}


def written(document: dict[str, Any], form: str, section: str = "figures", lang: str = "en") -> str:
    out = io.StringIO()
    write(document, form, section=section, lang=lang, out=out, file=None)
    return out.getvalue()


def test_words_are_the_same_in_every_language() -> None:
    english, chinese = WORDS["en"], WORDS["zh"]
    assert english.keys() == chinese.keys()
    for name, text in english.items():
        fields = {frozenset(re.findall(r"{(\w+)}", said)) for said in (text, chinese[name])}
        assert len(fields) == 1, name


@pytest.mark.parametrize("section", [name for name in COLUMNS if name != "retractions"])
def test_a_section_as_csv_is_what_json_says(section: str) -> None:
    document = reported(*HISTORY)
    rows = list(csv.DictReader(io.StringIO(written(document, "csv", section))))
    expected = [
        {column: "" if row[column] is None else str(row[column]) for column in COLUMNS[section]}
        for row in json.loads(written(document, "json"))[section]
    ]
    assert rows == expected


def test_retractions_of_a_file_cannot_be_written() -> None:
    with pytest.raises(RefusalError, match="--section retractions: a file of events holds no announcements"):
        written(reported(*HISTORY), "csv", "retractions")


def test_a_spreadsheet_runs_no_id_as_a_formula() -> None:
    line = event("T1", "received", "03-02T09:00", "a", customer_id='=HYPERLINK("http://a.example")')
    rows = csv.DictReader(io.StringIO(written(reported(line), "csv", "customers")))
    assert {row["customer_id"] for row in rows} == {'\'=HYPERLINK("http://a.example")'}


SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−"  # as they are, full width, small, raised, lowered; the minus sign
PASSED_OVER = ["\t", "\r", "\n", "  ", "\u3000", "\u200b", "\u202e", "\ufeff", "'", '"', "\x00", " \u2060 "]


@pytest.mark.parametrize("text", [*(f"{sign}1" for sign in SIGNS), *(f"{first}=1" for first in PASSED_OVER)])
def test_a_text_that_some_spreadsheet_runs_gets_an_apostrophe(text: str) -> None:
    assert _cell(text, for_eyes=False) == "'" + text


@pytest.mark.parametrize(
    "text",
    ["", "T-1", "T=1", "1-1", "'T1", "…=1", "客=1", "#1", "(=1)", "~1", "–1", "\u200bT1", " ", "e\u0301"],
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert _cell(text, for_eyes=False) == text


def test_numbers_stay_numbers() -> None:
    assert [_cell(value, for_eyes=True) for value in (-1, -0.5, True, None)] == [-1, -0.5, True, None]


def test_on_a_terminal_the_cells_steer_nothing() -> None:
    assert _cell("=T\u202e1", for_eyes=True) == "'=T<U+202E>1"


@pytest.mark.parametrize("lang", list(WORDS))
@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_be_written_of_an_empty_history(form: str, lang: str) -> None:
    assert written(reported(), form, lang=lang)


def test_the_table_names_what_was_judged_and_by_what() -> None:
    document = reported(*HISTORY)
    text = written(document, "table")
    assert "policy test version 1, sha256 " + "0" * 64 in text
    assert document["report"]["facts_sha256"] in text
    assert re.search(r"response +minor +2 +1 .* 66\.6 %", text)
    assert "A file holds no announcements" in text


def test_the_columns_of_a_chinese_table_stand_below_each_other() -> None:
    lines = written(reported(*HISTORY), "table", lang="zh").splitlines()
    first = lines.index(WORDS["zh"]["totals"]) + 1
    # In GBK what takes two columns takes two bytes, but for the dash in the warning's line.
    ends = {len(lines[first + row].encode("gbk")) for row in (0, 2, 3)}
    assert len(ends) == 1


class Page(HTMLParser):
    """What a browser would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [
            (name, value or "") for name, value in attrs if name in ("src", "href", "style", "srcset")
        ]
        self.links += [(name, value or "") for name, value in attrs if name.startswith("on")]


@pytest.mark.parametrize("lang", list(WORDS))
def test_the_page_needs_nothing_and_runs_nothing(lang: str) -> None:
    page = Page()
    text = written(reported(*HISTORY), "html", lang=lang)
    page.feed(text)
    assert page.links == []
    assert not {"script", "link", "iframe", "img", "object", "form"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text


def test_ids_on_the_page_are_text_whatever_they_hold() -> None:
    document = reported(
        *HISTORY, event(HOSTILE, "received", "03-02T09:00", "z", tenant=HOSTILE, customer_id=HOSTILE)
    )
    document["retractions"] = [RETRACTED | {"ticket_id": HOSTILE, "cause_event_id": HOSTILE}]
    text = written(document, "html")
    page = Page()
    page.feed(text)
    assert "script" not in page.tags
    assert HOSTILE not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&amp;{{7*7}}" in text


@pytest.mark.parametrize("lang", list(WORDS))
def test_every_chart_has_a_title_and_a_description_for_who_cannot_see_it(lang: str) -> None:
    text = written(reported(*HISTORY), "html", lang=lang)
    charts = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(charts) == 5  # attainment of two clocks, hours, lengths of two clocks
    for chart in charts:
        tree = ET.fromstring(chart)
        named = tree.attrib["aria-labelledby"].split()
        said = {element.attrib["id"]: element.text for element in tree if "id" in element.attrib}
        assert (tree.attrib["role"], [bool(said[name]) for name in named]) == ("img", [True, True])


def test_retractions_are_listed_where_the_log_tells_of_them() -> None:
    document = reported(*HISTORY) | {"retractions": [RETRACTED]}
    assert "T9" in written(document, "table")
    assert "T9" in written(document, "html")
    (row,) = csv.DictReader(io.StringIO(written(document, "csv", "retractions")))
    assert (row["ticket_id"], row["cause_event_id"], row["undone"]) == ("T9", "e9", "False")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "report.html"
    with pytest.raises(RefusalError, match=r"missing/report\.html: cannot be written: No such file"):
        write(reported(), "html", section="figures", lang="en", out=io.StringIO(), file=missing)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.25, "0.25 s"),
        (90, "1 min 30 s"),
        (5400, "1 h 30 min"),
        (360_000, "100 h"),
        (3661.5, "1 h 1 min 1.5 s"),
    ],
)
def test_a_length_for_people(seconds: float | None, text: str) -> None:
    assert length_text(seconds, WORDS["en"]) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(None, "–"), (0, "0.0 %"), (0.29, "29.0 %"), (0.9999, "99.9 %"), (1, "100.0 %")],
)
def test_100_percent_means_all(ratio: float | None, text: str) -> None:
    assert percent_text(ratio) == text


@pytest.mark.parametrize(
    ("taken", "place"), [(30 * MINUTE - 1, None), (30 * MINUTE, None), (30 * MINUTE + 1, "minor")]
)
def test_a_length_at_the_limit_is_within_it(taken: int, place: str | None) -> None:
    found = [bucket for bucket in buckets([taken], [(30 * MINUTE, "minor")]) if bucket.clocks]
    assert [bucket.exceeds for bucket in found] == [place]


def test_no_length_is_lost_between_buckets() -> None:
    lengths = sorted(n * n * 977 for n in range(2000))
    for limits in ([], [(HOUR, "minor")], [(7 * MINUTE, "minor"), (100 * HOUR, "major")]):
        found = list(buckets(lengths, limits))
        assert sum(bucket.clocks for bucket in found) == len(lengths)
        assert [bucket.above for bucket in found[1:]] == [bucket.to for bucket in found[:-1]]


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 2), (75, 3), (76, 4), (100, 4)])
def test_a_quantile_is_a_length_that_there_was(percent: int, expected: int) -> None:
    assert quantile([1, 2, 3, 4], percent) == expected


@pytest.mark.parametrize(
    ("by", "first", "last", "between"),
    [
        ("day", "2026-02-27", "2026-03-01", ["2026-02-28"]),
        ("week", "2025-W52", "2026-W02", ["2026-W01"]),
        ("month", "2025-11", "2026-01", ["2025-12"]),
    ],
)
def test_an_axis_has_the_periods_in_which_nothing_was_due(
    by: str, first: str, last: str, between: list[str]
) -> None:
    assert list(filled([first, last], by)) == [first, *between, last]


def test_an_axis_of_thousands_of_years_is_not_filled() -> None:
    assert filled(["1970-01-01", "9999-12-31"], "day") == ["1970-01-01", "9999-12-31"]


def test_a_clock_that_has_no_limit_in_counted_time_is_shown_all_the_same() -> None:
    slow = policy(clock("response", "received", "response_started", {"warning": MINUTE}))
    (row,) = reported(*HISTORY, policies=slow)["lengths"]
    assert row["limits"] == []
    assert written(reported(*HISTORY, policies=slow), "html")


def test_the_command_offers_what_there_is() -> None:
    """It lists the choices itself, so that --help loads no library."""
    offered = {
        parameter.name: tuple(parameter.type.choices)
        for parameter in report.params
        if isinstance(parameter.type, Choice)
    }
    assert offered == {"by": BY, "form": FORMS, "section": tuple(COLUMNS), "lang": tuple(WORDS)}
