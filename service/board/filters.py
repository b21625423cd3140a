"""The query of a list page: filters, search and page number, as the URL has them."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from service.board.facets import FACETS, values
from service.board.summary import Summary
from service.sla.state import names

PAGE = 50  # tickets
_LONGEST = 128  # characters of an identifier


class Query(NamedTuple):
    """Filters by facet, a part of the ticket id to search for, and the page number from 1."""

    filters: tuple[tuple[str, str], ...] = ()  # in the order of FACETS
    search: str = ""
    page: int = 1

    def url(self, **changes: str | int | None) -> str:
        """Return the query string with these filters, `q` or `page` changed.

        A change shows the first page, unless it names a page.
        """
        asked: dict[str, str | int | None] = {**dict(self.filters), "q": self.search}
        asked["page"] = None if changes else self.page
        kept = {name: value for name, value in (asked | changes).items() if value}
        if kept.get("page") == 1:
            del kept["page"]
        return "?" + urlencode(kept)

    def fits(self, summary: Summary) -> bool:
        """True when the filters let the ticket pass."""
        if self.search and self.search.lower() not in names(summary.key)[1].lower():
            return False
        return all(value in values(summary, facet) for facet, value in self.filters)


def read_query(parameters: Mapping[str, str]) -> Query:
    """Read a query from the parameters of a URL. Unknown parameters are ignored."""
    return Query(tuple(_filters(parameters)), parameters.get("q", "").strip()[:_LONGEST], _page(parameters))


def _filters(parameters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for facet in FACETS:
        if value := parameters.get(facet, "")[:_LONGEST]:
            yield facet, value


def _page(parameters: Mapping[str, str]) -> int:
    text = parameters.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
