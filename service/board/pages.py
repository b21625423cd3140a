"""The pages as HTML: a frame around parts. A part is sent again when its content changes."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.board.desks import DeskLine
from service.board.facets import SILENT
from service.board.listing import Listing, News
from service.board.notices import Notice, as_of, notices
from service.board.partitions import partition_lines
from service.board.row import TicketRow
from service.board.snapshot import Snapshot
from service.board.ticket_page import TicketPage
from service.board.translations.translate import WORDS, name
from service.explain.text import in_words
from service.text.foreign import boxed, plain, theirs

STATES = ("breached", "at_risk", "running", "paused", SILENT)
_MOST_NEWS = 3
_MOST_LISTINGS = 64  # cached within a second

_templates = Environment(
    loader=PackageLoader("service.board"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


class Part(NamedTuple):
    """A part of a page. It is sent again when `content` differs from what was sent."""

    id: str
    content: Hashable
    html: Callable[[], str]  # rendered on the first call

    @property
    def version(self) -> str:
        """A hash of the content. It is comparable within this process only."""
        return f"{hash(self.content) & 0xFFFFFFFF:08x}"


class Page(NamedTuple):
    """The page of a viewer at one instant. Instants in ms."""

    parts: tuple[Part, ...]
    rows: tuple[Part, ...] | None  # the rows of a list, in order; their ids are keys of tickets
    shown: tuple[TicketRow, ...]  # the tickets of these rows
    now: int
    as_of: int | None


Listed = tuple[tuple[Part, ...], tuple[Part, ...]]  # the parts of a list without the notices, and its rows


class Look(NamedTuple):
    """The language and theme of a viewer, and the paths of the page."""

    lang: str
    theme: str
    path: str  # of this page, with its query
    stream: str  # of the page's changes, with its query


class Pages:
    """A cache that all writers of one board share. Equal queries within a second get the same parts.

    So a page with many viewers is rendered, and held, once. It lasts a second only, as parts hold countdowns.
    """

    def __init__(self) -> None:
        self._second = -1
        self._listed: dict[tuple[str, int], tuple[Listing, Listed]] = {}

    def writer(self, look: Look) -> "Writer":
        """Return the writer for one viewer."""
        return Writer(look, self)

    def listed(self, listing: Listing, lang: str, now: int, write: Callable[[], Listed]) -> Listed:
        """Return the parts of a listing: the same object for the same listing.

        `write` makes the parts. `now` in ms.
        """
        if now // 1_000 != self._second or len(self._listed) >= _MOST_LISTINGS:
            self._second, self._listed = now // 1_000, {}
        key = lang, id(listing)  # the cache holds the listing, so no other object has its id
        if key not in self._listed:
            self._listed[key] = listing, write()
        return self._listed[key][1]


class Writer:
    """Writes the pages in one language."""

    def __init__(self, look: Look, pages: Pages) -> None:
        self.look = look
        self.words = WORDS[look.lang]
        self._pages = pages

    def list_page(self, listing: Listing, snapshot: Snapshot) -> Page:
        """Return the page of the open tickets."""
        parts, rows = self._pages.listed(
            listing, self.look.lang, snapshot.now, lambda: self._listed(listing, snapshot.now)
        )
        return Page(
            (*self._frame(snapshot), *parts), rows, listing.rows, snapshot.now, as_of(snapshot.reaches)
        )

    def _listed(self, listing: Listing, now: int) -> Listed:
        counts = dict(listing.offers)["state"]
        parts = (
            self._part(
                "counts", (listing.query, listing.total, counts), listing=listing, counts=dict(counts)
            ),
            self._part("filters", (listing.query, _values(listing)), listing=listing),
            self._part("matching", (listing.query, listing.total, listing.matching), listing=listing),
            self._part("pager", (listing.query, listing.page, listing.pages), listing=listing),
        )
        return parts, tuple(self._rows(listing, now))

    def ticket_page(
        self, account: TicketPage | None, snapshot: Snapshot, tenant: str, ticket_id: str, *, known: bool
    ) -> Page:
        """Return the page of one ticket, or the page that says that there is none.

        `known` without an account: the ticket cannot be judged here.
        """
        lines = list(in_words(account.derivation, self.look.lang)) if account else []
        part = self._part(
            "ticket",
            account.content if account else known,
            account=account,
            lines=lines,
            tenant=tenant,
            ticket_id=ticket_id,
            known=known,
            now=snapshot.now,
        )
        return Page((*self._frame(snapshot), part), None, (), snapshot.now, as_of(snapshot.reaches))

    def partitions_page(self, snapshot: Snapshot, group: str) -> Page:
        """Return the page of the partitions."""
        lines = tuple(partition_lines(snapshot))
        state = snapshot.group.state if snapshot.group else None
        part = self._part(
            "partitions", (lines, state), lines=lines, state=state, group=group, services=snapshot.services
        )
        return Page((*self._frame(snapshot), part), None, (), snapshot.now, as_of(snapshot.reaches))

    def desks_page(self, lines: Sequence[DeskLine], snapshot: Snapshot) -> Page:
        """Return the page of the support desks."""
        shown = tuple(lines)
        part = self._part("desks", shown, lines=shown, now=snapshot.now)
        return Page((*self._frame(snapshot), part), None, (), snapshot.now, as_of(snapshot.desk_reaches))

    def whole(self, template: str, page: Page | None = None, **values: object) -> str:
        """Render a page with its frame."""
        written = {part.id: Markup(part.html()) for part in page.parts} if page else {}  # noqa: S704 (our own)
        rows = [Markup(row.html()) for row in page.rows] if page and page.rows is not None else []  # noqa: S704
        return self._render(template, page=page, parts=written, rows=rows, **values)

    def news(self, found: list[News]) -> str:
        """Return the news in one short sentence for a screen reader."""
        said = [
            self.words[f"news_{item.what}"].format(
                ticket=plain(item.ticket_id, self.look.lang), clock=name(item.clock or "", self.look.lang)
            )
            for item in found[:_MOST_NEWS]
        ]
        if len(found) > _MOST_NEWS:
            said.append(self.words["news_more"].format(more=len(found) - _MOST_NEWS))
        return "; ".join(said)

    def _frame(self, snapshot: Snapshot) -> tuple[Part, Part]:
        """Return the parts that all pages have: the notices, and what judges."""
        views = snapshot.policies
        return self._notices(snapshot), self._part("policies", views, views=views)

    def _notices(self, snapshot: Snapshot) -> Part:
        found = tuple(notices(snapshot))
        return self._part(
            "notices", found, notices=[(notice.kind, self._sentence(notice)) for notice in found]
        )

    def _sentence(self, notice: Notice) -> str:
        return self.words[f"notice_{notice.kind}"].format(**dict(notice.values))

    def _rows(self, listing: Listing, now: int) -> Iterator[Part]:
        section = None
        for row in listing.rows:
            if row.section != section:
                section = row.section
                yield self._part(f"section {section}", section, "section.html", section=section)
            yield self._part(row.key, row, "row.html", row=row, now=now)

    def _part(self, id: str, content: Hashable, template: str | None = None, **values: object) -> Part:
        file = template or f"{id}.html"
        part = Part(id, content, cache(lambda: self._render(file, version=part.version, id=id, **values)))
        return part

    def _render(self, template: str, **values: object) -> str:
        look = self.look
        return _templates.get_template(template).render(
            t=self.words,
            look=look,
            states=STATES,
            named=lambda word: name(word, look.lang),
            theirs=lambda text: theirs(text, look.lang),
            boxed=lambda text: boxed(text, look.lang),
            plain=lambda text: plain(text, look.lang),
            **values,
        )


def _values(listing: Listing) -> tuple[tuple[str, ...], ...]:
    """Return the values that the filters offer, without their counts: the counts change with every ticket."""
    offers = [offered for facet, offered in listing.offers if facet != "state"]
    return tuple(tuple(value for value, _ in offered) for offered in offers)


def clock_time(instant: int) -> str:
    """Return `09:30:00`, the time of day in UTC of an instant in ms. See `date_time` for the date."""
    return date_time(instant)[11:]


def date_time(instant: int) -> str:
    """Return `2026-03-02 09:30:00` in UTC of an instant in ms."""
    return datetime.fromtimestamp(instant / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def length(milliseconds: int, day: str) -> str:
    """Return `0:30:00` or `3 d 4:05:06` of a length in ms, rounded down to seconds. `day`: the unit sign."""
    seconds = abs(milliseconds) // 1_000
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3_600}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days} {day} {clock}" if days else clock


def plain_time(written: str) -> str:
    """Return `2026-03-02 09:30:00.250` of `2026-03-02T09:30:00.250Z`, without a fraction of `.000`."""
    return written.replace("T", " ").removesuffix("Z").removesuffix(".000")


def _ticket_path(tenant: str, ticket_id: str) -> str:
    return "/ticket?" + urlencode(({} if tenant == "default" else {"tenant": tenant}) | {"id": ticket_id})


FILTERS: Mapping[str, Callable[..., Any]] = {
    "clock_time": clock_time,
    "date_time": date_time,
    "length": length,
    "plain_time": plain_time,
}
_templates.filters.update(FILTERS)
_templates.globals["ticket_path"] = _ticket_path
for _template in _templates.list_templates():
    _templates.get_template(_template)  # compile now: otherwise the first request waits for it
