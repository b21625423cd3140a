"""Who may look: the token is traded for a cookie, and every answer says what a browser may do with it."""

import hashlib
import hmac
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "sla_board"
SIGNED_IN_FOR_SECONDS = 12 * 3_600
OPEN_PATHS = ("/livez", "/readyz", "/startupz", "/session", "/look", "/static/")  # show no ticket

# Everything comes from here; no inline script or style, no frame around it, nothing sent elsewhere.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Token:
    """The token, and the cookies that it was traded for. A cookie says until when, and proves it."""

    def __init__(self, token: str, now: Callable[[], int]) -> None:
        self._token = token.encode()
        self._now = now  # ms

    def fits(self, offered: str) -> bool:
        """True for the token itself."""
        return hmac.compare_digest(offered.strip().encode(), self._token)

    def trade(self) -> str:
        """A cookie's value for whoever had the token."""
        until = str(self._now() // 1_000 + SIGNED_IN_FOR_SECONDS)
        return f"{until}.{self._proof(until)}"

    def admits(self, cookie: str) -> bool:
        """True for a cookie that was traded with this token and is not too old."""
        until, _, proof = cookie.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 12):
            return False
        genuine = hmac.compare_digest(proof.encode(), self._proof(until).encode())
        return genuine and int(until) > self._now() // 1_000

    def _proof(self, until: str) -> str:
        return hmac.new(self._token, b"board " + until.encode(), hashlib.sha256).hexdigest()


class Door:
    """In front of the application: asks for the token where there is one, and sets the headers."""

    def __init__(self, app: ASGIApp, token: Token | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        app = self._app if self._open(scope) else self._refusal(scope)
        await app(scope, receive, guarded)

    def _open(self, scope: MutableMapping[str, Any]) -> bool:
        if self._token is None or scope["path"].startswith(OPEN_PATHS):
            return True
        request = HTTPConnection(scope)
        scheme, _, offered = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._token.fits(offered):
            return True
        # Not Python's SimpleCookie: at another application's cookie that it does not like it drops ours, too.
        return self._token.admits(request.cookies.get(COOKIE, ""))

    def _refusal(self, scope: Scope) -> Response:
        """To the sign-in for people; others are told."""
        if scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", ""):
            return RedirectResponse("/session", 303)
        return Response(
            "a token is needed: Authorization: Bearer TOKEN\n", 401, {"WWW-Authenticate": "Bearer"}
        )
