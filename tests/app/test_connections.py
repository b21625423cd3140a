"""What a client may hold of an HTTP server, and for how long: real sockets, times that a test says."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from service.processes.connections import (
    BODY_WITHIN_SECONDS,
    HEAD_WITHIN_SECONDS,
    TAKEN_WITHIN_SECONDS,
    ConnectionLimiter,
)
from service.processes.http import Server, listen
from service.telemetry.logs import Rate
from service.telemetry.metric_names import RefusedConnection

WITHIN = 30.0  # seconds: a busy machine
WHOLE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: "
HALF_BODY = b"POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\na"
ENDLESS = b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
FEW = 24  # descriptors; a third of them connections, at least eight
MOST = 8


async def livez(_: Request) -> Response:
    return PlainTextResponse("alive")


async def form(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def endless(_: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        yield b"on and on"
        await asyncio.Event().wait()

    return StreamingResponse(body())


async def large(_: Request) -> Response:
    return Response(b"x" * 50_000_000)


APP = Starlette(
    routes=[
        Route("/livez", livez),
        Route("/form", form, methods=["POST"]),
        Route("/endless", endless),
        Route("/large", large),
    ]
)


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def says(self, data: bytes) -> "Client":
        self.writer.write(data)
        await self.writer.drain()
        return self

    async def hears(self, what: bytes) -> bytes:
        async with asyncio.timeout(WITHIN):
            return await self.reader.readuntil(what)

    async def end(self) -> bytes:
        """What comes until the server hangs up."""
        try:
            async with asyncio.timeout(WITHIN):
                return await self.reader.read()
        except ConnectionResetError:
            return b""


@dataclass
class Site:
    """A server that serves."""

    server: Server
    port: int
    refused: list[RefusedConnection]
    clients: list[Client] = field(default_factory=list)

    @property
    def places(self) -> ConnectionLimiter:
        return self.server.places

    async def connect(self, data: bytes = b"") -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 16))
        self.clients.append(client)
        return await client.says(data)

    async def until(self, *, speaking: int | None = None, waiting: int | None = None) -> None:
        """The server has so many connections, so many of them waiting for a request."""
        places = self.places
        async with asyncio.timeout(WITHIN):
            while speaking not in (None, len(places.speaking)) or waiting not in (None, len(places.waiting)):  # noqa: ASYNC110
                await asyncio.sleep(0)

    def later(self, seconds: float) -> None:
        """The server looks, so many seconds from now."""
        self.places.sweep(asyncio.get_running_loop().time() + seconds)


@asynccontextmanager
async def site(descriptors: int | None = None) -> AsyncIterator[Site]:
    refused: list[RefusedConnection] = []
    server = Server(APP, ConnectionLimiter(refused.append, descriptors))
    with listen(("127.0.0.1", 0)) as listener:
        found = Site(server, listener.getsockname()[1], refused)
        serving = asyncio.create_task(server.serve([listener]))
        async with asyncio.timeout(WITHIN):
            while not server.started:  # noqa: ASYNC110 (of uvicorn)
                await asyncio.sleep(0)
        try:
            yield found
        finally:
            for client in found.clients:
                client.writer.close()
            server.should_exit = True
            await asyncio.wait_for(serving, WITHIN)


@pytest.mark.parametrize(
    ("sent", "within", "refused"),
    [
        (HALF, HEAD_WITHIN_SECONDS, [RefusedConnection.SLOW_HEAD]),
        (HALF_BODY, BODY_WITHIN_SECONDS, [RefusedConnection.SLOW_BODY]),
        (b"", HEAD_WITHIN_SECONDS, []),  # a browser opens some ahead
    ],
)
async def test_a_request_that_does_not_end_is_given_up_in_time_and_not_before(
    sent: bytes, within: float, refused: list[RefusedConnection]
) -> None:
    async with site() as here:
        client = await here.connect(sent)
        await here.until(waiting=1)
        await (await here.connect(WHOLE)).hears(b"alive")  # so what was sent before has come
        here.later(within - 1)
        assert here.refused == []
        here.later(within)
        assert here.refused == refused
        answer = await client.end()
        assert answer.startswith(b"HTTP/1.1 408 ") == bool(refused)
        assert (b"the request did not come in time" in answer) == bool(refused)


async def test_a_byte_now_and_then_does_not_make_a_head_longer() -> None:
    async with site() as here:
        client = await here.connect(HALF)
        await here.until(waiting=1)
        for _ in range(3):
            await client.says(b"x")
            await (await here.connect(WHOLE)).hears(b"alive")
        here.later(HEAD_WITHIN_SECONDS)
        assert (await client.end()).startswith(b"HTTP/1.1 408 ")


async def test_a_kept_connection_waits_anew_for_each_request() -> None:
    async with site() as here:
        client = await here.connect(WHOLE)
        await client.hears(b"alive")
        await client.says(b"POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n")
        await client.says(b"abcd")
        await client.hears(b"\r\n\r\n4")
        here.later(HEAD_WITHIN_SECONDS - 1)
        await client.says(WHOLE)
        await client.hears(b"alive")
        here.later(HEAD_WITHIN_SECONDS)
        assert (await client.end(), here.refused) == (b"", [])


async def test_an_answer_that_goes_on_is_not_a_request_that_does_not_end() -> None:
    async with site() as here:
        client = await here.connect(ENDLESS)
        await client.hears(b"on and on")
        here.later(10 * TAKEN_WITHIN_SECONDS)
        assert (here.refused, len(here.places.speaking)) == ([], 1)


async def test_an_answer_that_is_not_taken_is_given_up_and_one_that_is_taken_slowly_is_not() -> None:
    async with site() as here:
        client = await here.connect(LARGE)
        await client.hears(b"\r\n\r\n")
        await here.until(waiting=1)  # the application is done; the rest is in our memory
        here.later(0)
        here.later(TAKEN_WITHIN_SECONDS - 1)
        await client.reader.readexactly(20_000_000)
        here.later(TAKEN_WITHIN_SECONDS)
        assert here.refused == []
        here.later(2 * TAKEN_WITHIN_SECONDS)
        assert here.refused == [RefusedConnection.UNTAKEN]
        await here.until(speaking=0)


async def test_for_a_new_connection_the_one_that_waited_longest_goes() -> None:
    async with site(FEW) as here:
        first = await here.connect(HALF)
        await here.until(waiting=1)
        others = [await here.connect(HALF) for _ in range(MOST - 1)]
        await here.until(waiting=MOST)
        assert here.refused == []
        await (await here.connect(WHOLE)).hears(b"alive")
        assert here.refused == [RefusedConnection.CROWDED_OUT]
        assert await first.end() == b""
        assert all(not other.reader.at_eof() for other in others)


async def test_an_answer_under_way_is_never_ended_for_another_connection() -> None:
    async with site(FEW) as here:
        watching = [await here.connect(ENDLESS) for _ in range(MOST)]
        for client in watching:
            await client.hears(b"on and on")
        assert (await (await here.connect(b"")).end()).startswith(b"HTTP/1.1 503 ")
        assert here.refused == [RefusedConnection.FULL]
        watching.pop().writer.close()
        await here.until(speaking=MOST - 1)
        await (await here.connect(WHOLE)).hears(b"alive")


async def test_what_is_closed_is_counted_no_more() -> None:
    async with site(FEW) as here:
        for _ in range(5 * MOST):
            client = await here.connect(WHOLE)
            await client.hears(b"alive")
            client.writer.close()
        await here.until(speaking=0)
        assert (here.places.open, len(here.places.waiting)) == (0, 0)


@pytest.mark.parametrize(
    ("descriptors", "most"),
    [(3 * MOST - 3, 8), (3 * MOST, 8), (256, 85), (1024, 341), (1536, 512), (1_000_000, 512), (-1, 512)],
)
def test_connections_have_a_share_of_the_descriptors_and_streams_one_of_the_connections(
    descriptors: int, most: int
) -> None:
    places = ConnectionLimiter(descriptors=descriptors)
    assert (places.most, places.streams) == (most, most * 3 // 4)


async def test_the_last_descriptors_are_for_others_but_a_probe_is_let_in() -> None:
    """The number of a new descriptor says how many the process has open: the lowest free one is given."""
    places = ConnectionLimiter(descriptors=256)
    places.open = 7
    assert places.admit(255)
    places.open = 8
    assert places.admit(223)
    assert not places.admit(224)


async def test_what_is_told_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(f"service.processes.connections.{RefusedConnection.SLOW_HEAD}")
    (rate,) = logger.filters
    logger.removeFilter(rate)
    logger.addFilter(Rate(rate.most))  # what other tests told does not count
    refused: list[RefusedConnection] = []
    places = ConnectionLimiter(refused.append)
    places.open = 9
    for _ in range(1_000):
        places.say(RefusedConnection.SLOW_HEAD)
    assert caplog.messages == ["HTTP: no whole request head in time: one of 9 connections was closed"]
    assert len(refused) == 1_000  # the counter has all of them


async def test_it_stops_in_time_with_streams_and_half_requests_open() -> None:
    async with asyncio.timeout(WITHIN), site() as here:
        await (await here.connect(ENDLESS)).hears(b"on and on")
        await here.connect(HALF)
        await here.connect(HALF_BODY)
        await here.until(speaking=3)
