"""The page of a report: ids that look alike do not stand alike, and nothing turns it round."""

import io
import re

import pytest

from service.report.translations import WORDS
from service.report.write import write
from service.text.foreign import plain, theirs
from tests.offline.reports import HISTORY, event, reported

ALIKE = ["c-1", "c\u200b-1", "\u0441-1", "\u202ec-1", "caf\u00e9", "cafe\u0301", "c\u0430fe"]


@pytest.mark.parametrize("lang", list(WORDS))
def test_customers_and_tenants_that_look_alike_are_told_apart(lang: str) -> None:
    events = [
        event(f"T-{number}", "received", "03-02T09:00", f"e{number}", tenant=text, customer_id=text)
        for number, text in enumerate(ALIKE)
    ]
    document = reported(*HISTORY, *events)
    document["report"] = {**document["report"], "tenant": "\u0422\u200b"}
    out = io.StringIO()
    write(document, "html", section="figures", lang=lang, out=out, file=None)
    page = out.getvalue()
    assert not re.search("[\u200b\u202e]", page)
    for text in ALIKE:
        assert page.count(f'<td class="id">{theirs(text, lang)}</td>') >= 2
    assert plain("\u0422", lang)[1:] in page  # of the head
    assert "U+200B" in page
