"""Access to the board: the token, its session cookie, and the security headers of every response."""

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
# These paths show no ticket, and need no token; any other path does, also one that is added later.
OPEN_PATHS = frozenset({"/livez", "/readyz", "/metrics", "/session", "/look"})
OPEN_FOLDER = "/static/"

# A page loads from this server only. No inline script or style, no frame around it, no request elsewhere.
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
    """The access token, and the cookies issued for it. A cookie has its expiry and an HMAC of the expiry."""

    def __init__(self, token: str, now: Callable[[], int]) -> None:
        self._token = token.encode()
        self._now = now  # ms

    def fits(self, offered: str) -> bool:
        """True when `offered` is the token."""
        return hmac.compare_digest(offered.strip().encode(), self._token)

    def trade(self) -> str:
        """Return the value of a new cookie, for a client that presented the token."""
        until = str(self._now() // 1_000 + SIGNED_IN_FOR_SECONDS)
        return f"{until}.{self._proof(until)}"

    def admits(self, cookie: str) -> bool:
        """True for a cookie that was issued for this token and has not expired."""
        until, _, proof = cookie.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 12):
            return False
        genuine = hmac.compare_digest(proof.encode(), self._proof(until).encode())
        return genuine and int(until) > self._now() // 1_000

    def _proof(self, until: str) -> str:
        return hmac.new(self._token, b"board " + until.encode(), hashlib.sha256).hexdigest()


class AuthMiddleware:
    """ASGI middleware: requires the token, if one is set, and adds the security headers."""

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
        path = scope["path"]
        if self._token is None or path in OPEN_PATHS or path.startswith(OPEN_FOLDER):
            return True
        request = HTTPConnection(scope)
        scheme, _, offered = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._token.fits(offered):
            return True
        # Not Python's SimpleCookie: it drops our cookie, too, when another application's cookie is malformed.
        return self._token.admits(request.cookies.get(COOKIE, ""))

    def _refusal(self, scope: Scope) -> Response:
        """Redirect a browser to the sign-in page; answer any other client with 401."""
        if scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", ""):
            return RedirectResponse("/session", 303)
        return Response(
            "a token is needed: Authorization: Bearer TOKEN\n", 401, {"WWW-Authenticate": "Bearer"}
        )
