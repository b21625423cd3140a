"""The report as text for a terminal."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.report.columns import COLUMNS, COUNTS, SCORES, STATES
from service.report.document import Row, customers_with_most_breaches
from service.report.translations import WORDS, percent_text, roughly
from service.sla.judge import LevelState
from service.text.visible import visible

MOST_CUSTOMERS = 20  # listed in the reports for people

CUSTOMER = ("tenant", "customer_id", "breached")
_HIDDEN = ("revision", "cause_source")  # columns of retractions for programs only
RETRACTION = tuple(column for column in COLUMNS["retractions"] if column not in _HIDDEN)


def table(document: Mapping[str, Any], lang: str) -> Iterator[str]:
    """Yield the lines of the report. `lang` is one of WORDS."""
    words = WORDS[lang]
    yield words["title"]
    yield from preface(document["report"], words)
    yield ""
    yield words["sources"]
    yield from ("  " + line for line in sources(document["report"], words))
    yield from _section("totals", document["totals"], COLUMNS["totals"], words, "nothing")
    if document["totals"]:
        yield from _section("figures", document["figures"], COLUMNS["figures"], words, "nothing")
        yield "  " + words["how_counted"]
    most = customers_with_most_breaches(document["customers"])
    shown = most[:MOST_CUSTOMERS]
    yield from _section("customers", shown, CUSTOMER, words, "customers_none")
    if len(shown) < len(most):
        yield "  " + words["customers_more"].format(shown=len(shown), all=len(most))
    yield from _lengths(document["lengths"], words)
    columns = COLUMNS["satisfaction"]
    yield from _section("satisfaction", document["satisfaction"], columns, words, "satisfaction_none")
    known = document["retractions"]
    none = "retractions_file" if known is None else "retractions_none"
    yield from _section("retractions", known or (), RETRACTION, words, none)


def preface(head: Row, words: Mapping[str, str]) -> Iterator[str]:
    """Yield the request in sentences."""
    if (unjudged := head["unjudged"]) is not None:
        known = ", ".join(unjudged["policies"]) or words["no_policies"]
        yield words["unjudged"].format(since=unjudged["from"], until=unjudged["to"], policies=known)
    since, until = head["from"] or words["the_beginning"], head["to"] or words["the_end"]
    yield words["range"].format(from_=since, to=until, by=words[f"by_{head['by']}"])
    if head["zones"]:
        yield words["zones"].format(zones=", ".join(head["zones"]))
    if head["tenant"]:
        yield words["of_tenant"].format(tenant=head["tenant"])
    at = head["judged_at"]
    yield words["judged_at"].format(at=at) if at else words["judged_after_all"]
    yield words["counted"].format(**head)
    unreadable = head["unreadable"]
    if unreadable["tickets"]:
        yield words["unreadable_judged" if unreadable["judged"] else "unreadable"].format(**unreadable)
    if unreadable["lines_without_ticket"]:
        yield words["unreadable_lines"].format(**unreadable)
    if head["source"] == "log":
        yield words["forgotten"]
        complete = {None: "completeness_unknown", True: "complete", False: "incomplete"}[head["complete"]]
        yield words[complete].format(until=head["complete_until"])


def sources(head: Row, words: Mapping[str, str]) -> Iterator[str]:
    """Yield the policies and inputs of the report."""
    for policy in head["policies"]:
        yield words["policy"].format(**policy)
    for read in head["inputs"]:
        yield words["input" if read["sha256"] else "input_topic"].format(**read)
    yield words["facts_hash"].format(sha256=head["facts_sha256"])


def _lengths(rows: Sequence[Row], words: Mapping[str, str]) -> Iterator[str]:
    for row in rows:
        yield ""
        under = words["lengths_under"].format(**row)
        yield f"{words['lengths_chart'].format(clock=row['clock'])} ({under})"
        yield "  " + lengths_described(row, words)


def lengths_described(row: Row, words: Mapping[str, str]) -> str:
    """Return one row of `lengths` as a sentence."""
    texts = {name: roughly(row[f"{name}_seconds"], words) for name in ("median", "p90", "longest")}
    return words["lengths_described"].format(stopped=row["stopped"], **texts)


def heading(column: str, words: Mapping[str, str]) -> str:
    """Return the heading of a column, for people."""
    name, _, score = column.partition("score_")
    return words["score"].format(score=score) if score and not name else words[column]


def cell(column: str, value: Any, words: Mapping[str, str]) -> str:
    """Return the text of a cell, for people."""
    if column == "attainment":
        return percent_text(value)
    if column == "mean":
        return f"{value:.2f}"
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    if value is None:
        return words["unknown"] if column == "period" else "–"
    return str(value)


def is_number(column: str) -> bool:
    """True for a column of numbers, which is right-aligned."""
    return column in (*COUNTS, *SCORES, "answers", "mean", "cycle", "count")


def is_id(column: str) -> bool:
    """True for a column of ids from publishers, up to 128 characters long."""
    return column in ("tenant", "customer_id", "ticket_id", "cause_event_id")


def _section(
    title: str, rows: Sequence[Row], columns: Sequence[str], words: Mapping[str, str], none: str
) -> Iterator[str]:
    yield ""
    yield words[title]
    if not rows:
        yield "  " + words[none]
        return
    rows, columns = for_people(rows, columns)
    lines = [[heading(column, words) for column in columns]]
    lines += [[visible(cell(column, row[column], words)) for column in columns] for row in rows]
    widths = [max(map(_width, texts)) for texts in zip(*lines, strict=True)]
    for line in lines:
        padded = (
            _pad(text, width, right=is_number(column))
            for text, width, column in zip(line, widths, columns, strict=True)
        )
        yield ("  " + "  ".join(padded)).rstrip()


def for_people(rows: Sequence[Row], columns: Sequence[str]) -> tuple[Sequence[Row], Sequence[str]]:
    """Return rows and columns without levels that applied to nothing and states that no verdict has."""
    if "not_applicable" not in columns:
        return rows, columns
    told = [
        row for row in rows if any(row[state] for state in STATES if state is not LevelState.NOT_APPLICABLE)
    ]
    kept = (
        LevelState.MET,
        LevelState.BREACHED,
        *(state for state in STATES if any(row[state] for row in told)),
    )
    return told, [column for column in columns if column not in STATES or column in kept]


def _width(text: str) -> int:
    """Return the width of `text` on a terminal: a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if right else text + blanks
