"""The HTTP server of the service: probes, metrics, the AsyncAPI document. Read-only; shows no ticket."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import RefusalError
from service.processes.connections import Bounded, ConnectionLimiter, Listener
from service.settings import LOOPBACK

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
OTHER_HOST = "this host is not served here\n"  # the text of a 400
DRAIN_SECONDS = 3  # for an open response after the stop


@dataclass(frozen=True, slots=True)
class Answers:
    """The content of the routes."""

    metrics: Callable[[], bytes]
    # The state of each owned partition; None: the process has not joined the group yet.
    partitions: Callable[[], Mapping[str, str] | None]
    asyncapi: bytes
    # Of partitions that are being restored: records read, of how many, per cent, seconds left.
    restoring: Callable[[], Mapping[str, Mapping[str, float | None]]] = dict
    refused: Callable[[], Mapping[str, str]] = dict  # of refused partitions: why, and what to do
    # Of each published version that the process knows: see known_policies in service.policy.in_force.
    policies: Callable[[], Iterable[Mapping[str, object]]] = tuple
    # What is wrong with the wall clock, and whether deadlines are late because of it.
    clock: Callable[[], tuple[str, bool]] = lambda: (
        "",
        False,
    )


class OwnHosts:
    """Refuses requests whose Host header names a machine that is not this one (DNS rebinding).

    On loopback, only loopback names pass. Elsewhere a rebinding page needs a public name. So addresses, names
    without a dot, cluster-internal names and the name that the server listens on pass.
    """

    def __init__(self, app: ASGIApp, listening_on: str) -> None:
        self.app = app
        self.listening_on = listening_on.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http":
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or not self.own(hosts[0]):
                await PlainTextResponse(OTHER_HOST, 400)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def own(self, header: str) -> bool:
        """True when `header` (host or host:port) means this machine."""
        name = header[1:].partition("]")[0] if header.startswith("[") else header.partition(":")[0]
        name = name.lower().removesuffix(".")
        if name in LOOPBACK or name == self.listening_on:
            return True
        if self.listening_on in LOOPBACK or not name:
            return False
        return _address(name) or "." not in name or name.endswith((".svc", ".local", ".internal"))


def _address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def application(answers: Answers, listening_on: str) -> Starlette:
    """Return the ASGI application. It accepts GET and HEAD only."""

    async def metrics(_: Request) -> Response:
        return Response(answers.metrics(), media_type=EXPOSITION)

    async def livez(_: Request) -> Response:
        return PlainTextResponse("alive\n")  # whenever the loop runs, also while Kafka is away

    async def readyz(_: Request) -> Response:
        partitions = answers.partitions()
        clock, late = answers.clock()
        refused = dict(answers.refused())
        judged = partitions is not None and all(state == "running" for state in partitions.values())
        ready = judged and not refused and not late
        answer: dict[str, object] = {"ready": ready, "partitions": dict(partitions or {})}
        if refused:
            answer["refused"] = refused
        if restoring := answers.restoring():
            answer["restoring"] = dict(restoring)
        if clock:
            answer["clock"] = clock
        if policies := list(answers.policies()):
            answer["policies"] = policies
        return JSONResponse(answer, 200 if ready else 503)

    async def startupz(_: Request) -> Response:
        started = answers.partitions() is not None
        return JSONResponse({"started": started}, 200 if started else 503)

    async def asyncapi(_: Request) -> Response:
        return Response(answers.asyncapi, media_type="application/json")

    routes = [Route(f"/{route.__name__}", route) for route in (metrics, livez, readyz, startupz)]
    routes.append(Route("/asyncapi.json", asyncapi))
    return Starlette(routes=routes, middleware=[Middleware(OwnHosts, listening_on=listening_on)])


def listen(address: tuple[str, int]) -> Listener:
    """Return a socket bound to `address`; port 0 takes a free port. Raises RefusalError."""
    host, port = address
    try:
        family, kind, protocol, _, at = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = Listener(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(at)
    except OSError as error:
        raise RefusalError(f"SLA_HTTP: cannot listen on {host}:{port}: {error.strerror or error}") from None
    return listener


class Server(uvicorn.Server):
    """uvicorn inside our event loop, with the limits of `places`. It installs no signal handlers.

    Service and board both use this server, so that both have the same limits.
    """

    def __init__(
        self, app: ASGIApp, places: ConnectionLimiter | None = None, drain: int = DRAIN_SECONDS
    ) -> None:
        self.places = places or ConnectionLimiter()
        protocol: Any = partial(Bounded, self.places)
        super().__init__(
            uvicorn.Config(
                _quietly(app),
                http=protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=drain,
            )
        )

    async def serve(self, sockets: Sequence[Listener]) -> None:  # type: ignore[override]
        """Serve until `should_exit`. `sockets` are from `listen`."""
        for listener in sockets:
            listener.places = self.places
        await super().serve(list(sockets))

    async def on_tick(self, counter: int) -> bool:
        """Sweep the connections once a second. uvicorn calls this ten times a second."""
        if counter % 10 == 0:
            self.places.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn.Server."""
        yield


def _quietly(app: ASGIApp) -> ASGIApp:
    """Suppress the error of a client that disconnects before the end of its request body."""

    async def quiet(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ClientDisconnect):
            await app(scope, receive, send)

    return quiet
