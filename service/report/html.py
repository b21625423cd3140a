"""The report as one self-contained HTML page: no script, no font, no other file."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from service.report import charts, table
from service.report.columns import COLUMNS
from service.report.document import customers_with_most_breaches
from service.report.translations import WORDS
from service.text.foreign import boxed, plain, theirs

_TONGUES = {"en": "en", "zh": "zh-CN"}

_pages = Environment(
    loader=PackageLoader("service.report"),
    autoescape=True,  # ids come from publishers: they may hold anything but blanks
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(document: Mapping[str, Any], lang: str) -> str:
    """Return the report as HTML. `lang` is one of WORDS."""
    words = WORDS[lang]
    most = customers_with_most_breaches(document["customers"])
    return _pages.get_template("report.html").render(
        document=document,
        head=document["report"],
        words=words,
        tongue=_TONGUES[lang],
        width=charts.WIDTH,
        preface=list(table.preface(_shown(document["report"], lang), words)),
        sources=list(table.sources(document["report"], words)),
        attainments=list(charts.attainments(document)),
        hours=charts.hours(document, words),
        lengths=[charts.lengths(row, words) for row in document["lengths"]],
        described=lambda row: table.lengths_described(row, words),
        customers=most[: table.MOST_CUSTOMERS],
        all_customers=len(most),
        columns={**COLUMNS, "customers": table.CUSTOMER, "retractions": table.RETRACTION},
        for_people=table.for_people,
        heading=lambda column: table.heading(column, words),
        cell=lambda column, value: table.cell(column, value, words),
        is_number=table.is_number,
        is_id=table.is_id,
        theirs=lambda text: theirs(text, lang),
        boxed=lambda text: boxed(text, lang),
    )


def _shown(head: Mapping[str, Any], lang: str) -> Mapping[str, Any]:
    """Return the head of the report with its tenant made visible."""
    return {**head, "tenant": plain(head["tenant"], lang)} if head["tenant"] else head
