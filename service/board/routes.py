"""The HTTP routes of the board. Every route reads; none publishes anything."""

from collections.abc import Callable
from urllib.parse import parse_qsl

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from service.board.auth import COOKIE, SIGNED_IN_FOR_SECONDS, AuthMiddleware, Token
from service.board.board import Board
from service.board.filters import read_query
from service.board.notices import as_of
from service.board.pages import Look, Page, Pages, Writer
from service.board.stream import messages
from service.board.translations.translate import LANGUAGES
from service.board.viewers import Viewers, Watching
from service.sla.state import key
from service.telemetry.board_metrics import BoardMetrics

MOST_VIEWERS = 200  # streams at once
LARGEST_FORM_BYTES = 4_096
THEMES = ("auto", "light", "dark")
_YEAR_SECONDS = 365 * 86_400

Show = Callable[[], Page]


class Routes:
    """The routes over one board."""

    def __init__(self, board: Board, token: Token | None, metrics: BoardMetrics, viewers: Viewers) -> None:
        self._board = board
        self._token = token
        self._metrics = metrics
        self._viewers = viewers
        self._pages = Pages()

    async def tickets(self, request: Request) -> Response:
        """Serve the ticket list."""
        writer = self._writer(request, "/live")
        return HTMLResponse(writer.whole("list.html", self._list(request, writer)()))

    async def tickets_live(self, request: Request) -> Response:
        """Stream the changes of the ticket list."""
        writer = self._writer(request, "/live")
        return self._stream(writer, self._list(request, writer))

    async def ticket(self, request: Request) -> Response:
        """Serve the page of one ticket."""
        writer = self._writer(request, "/ticket/live")
        tenant, ticket_id = _named(request)
        await self._board.codes_read(tenant, ticket_id)
        html = writer.whole("ticket_page.html", self._ticket(request, writer)(), ticket_id=ticket_id)
        return HTMLResponse(html, 200 if self._board.shelf.knows(key(tenant, ticket_id)) else 404)

    async def ticket_live(self, request: Request) -> Response:
        """Stream the changes of a ticket's page."""
        writer = self._writer(request, "/ticket/live")
        return self._stream(writer, self._ticket(request, writer))

    async def partitions(self, request: Request) -> Response:
        """Serve the page of the partitions."""
        writer = self._writer(request, "/partitions/live")
        return HTMLResponse(writer.whole("partitions_page.html", self._partitions(writer)()))

    async def partitions_live(self, request: Request) -> Response:
        """Stream the changes of the partitions' page."""
        writer = self._writer(request, "/partitions/live")
        return self._stream(writer, self._partitions(writer))

    async def desks(self, request: Request) -> Response:
        """Serve the page of the support desks."""
        writer = self._writer(request, "/desks/live")
        return HTMLResponse(writer.whole("desks_page.html", self._desks(writer)()))

    async def desks_live(self, request: Request) -> Response:
        """Stream the changes of the desks' page."""
        writer = self._writer(request, "/desks/live")
        return self._stream(writer, self._desks(writer))

    async def look(self, request: Request) -> Response:
        """Store language and theme in cookies, and redirect back."""
        answer = RedirectResponse(_local(request.query_params.get("back", "/")), 303)
        for name, allowed in (("lang", LANGUAGES), ("theme", THEMES)):
            if (value := request.query_params.get(name)) in allowed:
                answer.set_cookie(
                    f"sla_{name}",
                    value,
                    max_age=_YEAR_SECONDS,
                    httponly=True,
                    samesite="lax",
                    secure=_secure(request),
                )
        return answer

    async def sign_in(self, request: Request) -> Response:
        """Ask for the token, and issue a cookie for it."""
        if self._token is None:
            return RedirectResponse("/", 303)
        wrong = False
        if request.method == "POST":
            offered = await _form(request)
            if offered is not None and self._token.fits(offered):
                answer = RedirectResponse("/", 303)
                answer.set_cookie(
                    COOKIE,
                    self._token.trade(),
                    max_age=SIGNED_IN_FOR_SECONDS,
                    httponly=True,
                    samesite="lax",
                    secure=_secure(request),
                )
                return answer
            wrong = True
        writer = self._writer(request, "")
        return HTMLResponse(writer.whole("sign_in.html", wrong=wrong), 403 if wrong else 200)

    async def livez(self, _: Request) -> Response:
        """Answer 200 whenever the event loop runs."""
        return PlainTextResponse("alive\n")

    async def readyz(self, _: Request) -> Response:
        """Answer 200 once every partition was read to its end offset and every ticket judged, else 503."""
        snapshot = self._board.snapshot()
        ready = as_of(snapshot.reaches) is not None and not snapshot.waiting
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    async def metrics(self, _: Request) -> Response:
        """Serve the metrics of the process."""
        exposition = self._metrics.render(as_of(self._board.snapshot().reaches))
        return Response(exposition, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    def _list(self, request: Request, writer: Writer) -> Show:
        query = read_query(request.query_params)

        def show() -> Page:
            snapshot = self._board.snapshot()
            return writer.list_page(self._board.listing(query, snapshot), snapshot)

        return show

    def _ticket(self, request: Request, writer: Writer) -> Show:
        tenant, ticket_id = _named(request)

        def show() -> Page:
            snapshot = self._board.snapshot()
            known = self._board.shelf.knows(key(tenant, ticket_id))
            account = self._board.account(tenant, ticket_id, snapshot)
            return writer.ticket_page(account, snapshot, tenant, ticket_id, known=known)

        return show

    def _partitions(self, writer: Writer) -> Show:
        return lambda: writer.partitions_page(self._board.snapshot(), self._board.group)

    def _desks(self, writer: Writer) -> Show:
        def show() -> Page:
            snapshot = self._board.snapshot()
            lines = self._board.desk_lines(snapshot)
            # A new snapshot: judging the lines counted the desks that cannot be judged.
            return writer.desks_page(lines, self._board.snapshot())

        return show

    def _stream(self, writer: Writer, show: Show) -> Response:
        return Watching(self._viewers, messages(show, writer.news, self._board.ticker))

    def _writer(self, request: Request, stream: str) -> Writer:
        query = f"?{request.url.query}" if request.url.query else ""
        theme = request.cookies.get("sla_theme")
        return self._pages.writer(
            Look(
                lang=language(request),
                theme=theme if theme in THEMES else "auto",
                path=request.url.path.removesuffix("/live") + query,
                stream=stream + query,
            )
        )


def _named(request: Request) -> tuple[str, str]:
    """Return tenant and ticket id of the query string. An id may have slashes, so it is not in the path."""
    asked = request.query_params
    return asked.get("tenant", "default"), asked.get("id", "")


def language(request: Request) -> str:
    """Return the language of the cookie, else the first known one of Accept-Language, else English."""
    chosen = request.cookies.get("sla_lang")
    if chosen in LANGUAGES:
        return chosen
    for wanted in _wanted(request.headers.get("accept-language", "")):
        if wanted in LANGUAGES:
            return wanted
    return LANGUAGES[0]


def _wanted(header: str) -> list[str]:
    """Return the languages of an Accept-Language header by preference, without their regions."""
    weighed = []
    for place, item in enumerate(header.split(",")[:20]):
        tag, _, parameters = item.partition(";")
        quality = parameters.strip().removeprefix("q=") or "1"
        try:
            weight = float(quality)
        except ValueError:
            continue
        if weight > 0:
            weighed.append((-weight, place, tag.strip().split("-")[0].lower()))
    return [tag for _, _, tag in sorted(weighed)]


async def _form(request: Request) -> str | None:
    """Return the token of the sign-in form; None when the form is too large or has no token."""
    form = b""
    async for piece in request.stream():
        form += piece
        if len(form) > LARGEST_FORM_BYTES:
            return None
    fields = dict(parse_qsl(form.decode("utf-8", "replace")))
    return fields.get("token")


def _local(path: str) -> str:
    """Return `path` when it is a path of this site, else `/`: a redirect never leads to another site."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours else "/"


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


def application(
    board: Board, token: Token | None, metrics: BoardMetrics, most_viewers: int = MOST_VIEWERS
) -> ASGIApp:
    """Return the ASGI application of the board, behind its access control."""
    routes = Routes(board, token, metrics, Viewers(most_viewers))
    served = [
        Route("/", routes.tickets),
        Route("/live", routes.tickets_live),
        Route("/ticket", routes.ticket),
        Route("/ticket/live", routes.ticket_live),
        Route("/desks", routes.desks),
        Route("/desks/live", routes.desks_live),
        Route("/partitions", routes.partitions),
        Route("/partitions/live", routes.partitions_live),
        Route("/look", routes.look),
        Route("/session", routes.sign_in, methods=["GET", "POST"]),
        Route("/livez", routes.livez),
        Route("/readyz", routes.readyz),
        Route("/metrics", routes.metrics),
        Mount("/static", StaticFiles(packages=[("service.board", "static")])),
    ]
    return AuthMiddleware(Starlette(routes=served), token)
