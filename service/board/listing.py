"""A page of the ticket list: the matching tickets, the rows shown, and the news since the last page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from service.board.facets import FACETS
from service.board.filters import PAGE, Query
from service.board.row import TicketRow, row
from service.board.summary import Summary
from service.board.tickets import TicketShelf, Times
from service.sla.calendar.calendar import YearUnknown

_OFFERED = 30  # values of one facet, at most


class Listing(NamedTuple):
    """A page of the list."""

    query: Query
    total: int  # open tickets
    matching: int
    page: int  # from 1
    pages: int
    rows: tuple[TicketRow, ...]
    offers: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]  # by facet, values and their ticket counts


class Fitting:
    """A small cache of the tickets that match a query. It is emptied when the shelf has changed."""

    _MOST = 32

    def __init__(self, shelf: TicketShelf) -> None:
        self._shelf = shelf
        self._version = -1
        self._found: dict[Query, list[Summary]] = {}

    def of(self, query: Query) -> list[Summary]:
        """Return the tickets that match `query`, in the order of the list."""
        if self._version != self._shelf.version or len(self._found) > self._MOST:
            self._version, self._found = self._shelf.version, {}
        asked = query._replace(page=1)
        found = self._found.get(asked)
        if found is None:
            ordered = self._shelf.ordered()
            found = [known for known in ordered if asked.fits(known)] if asked != Query() else ordered
            self._found[asked] = found
        return found


def listing(shelf: TicketShelf, fitting: Fitting, query: Query, times: Times) -> Listing:
    """Return the page that `query` asks for, else the last page."""
    found = fitting.of(query)
    pages = max(1, -(-len(found) // PAGE))
    page = min(query.page, pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    return Listing(
        query,
        shelf.census.total,
        len(found),
        page,
        pages,
        tuple(_rows(shelf, shown, times)),
        tuple(
            (facet, _offered(shelf.census.counts[facet], dict(query.filters).get(facet))) for facet in FACETS
        ),
    )


def _rows(shelf: TicketShelf, shown: Sequence[Summary], times: Times) -> Iterator[TicketRow]:
    for summary in shown:
        judged = shelf.judged(summary.key, times)
        if judged is not None:
            try:
                yield row(summary, *judged)
            except YearUnknown:  # a bar may reach beyond the deadlines, into a year without official days
                continue


def _offered(counts: Mapping[str, int], chosen: str | None) -> tuple[tuple[str, int], ...]:
    """Return the most frequent values and the chosen value, sorted by name."""
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_OFFERED]
    if chosen is not None and chosen not in dict(most):
        most.append((chosen, counts.get(chosen, 0)))
    return tuple(sorted(most))


class News(NamedTuple):
    """A change of a ticket in view, for the announcement to a screen reader."""

    ticket_id: str
    what: str  # a Condition, or `silent`
    clock: str | None


def news(before: Sequence[TicketRow], after: Sequence[TicketRow]) -> list[News]:
    """Return the changes of the tickets shown before, worst first.

    A ticket that is new in view is a change only when it is breached or at risk.
    """
    known = {shown.key: shown for shown in before}
    found: list[News] = []
    for shown in after:
        old = known.get(shown.key)
        if old is None or old.condition != shown.condition:
            if old is not None or shown.condition in ("breached", "at_risk"):
                line = next((line for line in shown.lines if line.state == shown.condition), shown.due)
                found.append(News(shown.ticket_id, shown.condition, line.name))
        elif shown.silent and not old.silent:
            found.append(News(shown.ticket_id, "silent", None))
    return sorted(found, key=lambda item: (_RANK.get(item.what, 9), item.ticket_id))


_RANK = {"breached": 0, "at_risk": 1, "silent": 2, "paused": 3, "running": 4}
