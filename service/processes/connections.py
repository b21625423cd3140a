"""Limits of an HTTP server: the number of connections, and the time that a client may take.

uvicorn limits neither. A client that sends half a request, or reads no answer, would hold a descriptor for
ever. Without free descriptors the process cannot reach Kafka. So a server may use a share of the descriptors.
When that share is used up, a new connection evicts the oldest connection that waits for a request. So a probe
is answered whatever else is open.
"""

import asyncio
import logging
import resource
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.telemetry.logs import Rate
from service.telemetry.metric_names import RefusedConnection

HEAD_WITHIN_SECONDS = 10.0  # from the connection's start or the last answer's end to the end of the head
BODY_WITHIN_SECONDS = 10.0  # from the head to the end of the body
TAKEN_WITHIN_SECONDS = 30.0  # within which a client must read a part of an answer under way
MOST = 512  # connections at once
TOO_SLOW = "the request did not come in time\n"  # the text of a 408
TOO_MANY = "too many connections\n"  # the text of a 503
TOO_MANY_RETRY_AFTER_SECONDS = 10
_SHARE = 3  # at most a third of the descriptors is for connections
_KEPT = 32  # descriptors reserved for other use than connections
_FEW = 8  # connections that are always allowed, whatever else is open: probes
_AT_ONCE = 2  # accepted in one turn of the loop, so that each can send before it is the oldest

_SAID = {
    RefusedConnection.FULL: "HTTP: a connection was refused: %d are open, all with an answer under way",
    RefusedConnection.CROWDED_OUT: (
        "HTTP: %d connections are open: the longest waiting one was closed for a new connection"
    ),
    RefusedConnection.SLOW_HEAD: "HTTP: no whole request head in time: one of %d connections was closed",
    RefusedConnection.SLOW_BODY: "HTTP: no whole request body in time: one of %d connections was closed",
    RefusedConnection.UNTAKEN: "HTTP: an answer was not read in time: one of %d connections was closed",
}
_logs = {reason: logging.getLogger(f"{__name__}.{reason}") for reason in RefusedConnection}
for _log in _logs.values():
    _log.addFilter(Rate(most=1))  # a flood of connections must not flood the log


class ConnectionLimiter:
    """The connections of one server. `refused` is called for each that ended before its time.

    `descriptors`: the limit of the process, for connections and all else. None: the limit of the system.
    """

    def __init__(
        self, refused: Callable[[RefusedConnection], None] = lambda _: None, descriptors: int | None = None
    ) -> None:
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if descriptors is None else descriptors
        limit = soft if soft > 0 else 1 << 30  # below 0: no limit
        self.most = max(_FEW, min(MOST, limit // _SHARE))
        self.streams = self.most * 3 // 4  # connections for endless answers
        self.open = 0
        self.speaking: set[Bounded] = set()
        self.waiting: dict[Bounded, None] = {}  # for a whole request, the longest first
        self._scarce_from = limit - min(_KEPT, limit // 4)
        self._leaving: set[Bounded] = set()
        self._tell = refused

    def admit(self, descriptor: int) -> bool:
        """True when a new connection may stay. May evict another connection for it."""
        full = self.open - len(self._leaving) >= self.most
        # A new descriptor gets the lowest free number, so its number shows how many are in use.
        scarce = descriptor >= self._scarce_from and self.open >= _FEW
        if not full and not scarce:
            return True
        oldest = next(iter(self.waiting), None)
        if oldest is None:
            self.say(RefusedConnection.FULL)
            return False
        self.say(RefusedConnection.CROWDED_OUT)
        del self.waiting[oldest]
        self._leaving.add(oldest)
        oldest.transport.abort()
        return True

    def sweep(self, now: float) -> None:
        """End the overdue connections. `now`: seconds of the loop's clock."""
        for connection in list(self.speaking):
            if connection not in self._leaving and (reason := connection.overdue(now)):
                self.say(reason)

    def gone(self, connection: "Bounded") -> None:
        """Forget a closed connection."""
        self.speaking.discard(connection)
        self.waiting.pop(connection, None)
        self._leaving.discard(connection)

    def say(self, reason: RefusedConnection) -> None:
        """Count and log a connection that ended before its time."""
        self._tell(reason)
        _logs[reason].warning(_SAID[reason], self.open)


class Listener(socket.socket):
    """A listening socket. It accepts the connections that `places` admits, a few in each turn of the loop."""

    places: ConnectionLimiter | None = None
    _accepted = 0  # in this turn

    def accept(self) -> tuple[socket.socket, Any]:
        """See socket.socket."""
        if self.places is None:
            return super().accept()
        if self._accepted >= _AT_ONCE:
            raise BlockingIOError  # the loop calls again in the next turn
        connection, address = super().accept()
        if not self._accepted:
            asyncio.get_running_loop().call_soon(self._next_turn)
        self._accepted += 1
        if self.places.admit(connection.fileno()):
            return _Counted(connection, self.places), address
        with suppress(OSError), connection:
            connection.setblocking(False)
            connection.send(_BUSY)
        raise BlockingIOError

    def _next_turn(self) -> None:
        self._accepted = 0


class _Counted(socket.socket):
    """A connection's socket. It is counted until it is closed, on whatever path."""

    def __init__(self, accepted: socket.socket, places: ConnectionLimiter) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._places: ConnectionLimiter | None = places
        places.open += 1

    def close(self) -> None:
        """See socket.socket."""
        if self._places is not None:
            self._places.open -= 1
            self._places = None
        super().close()


class Bounded(H11Protocol):
    """uvicorn's HTTP/1.1 protocol, with limits on the time that a client may take."""

    def __init__(self, places: ConnectionLimiter, **given: Any) -> None:
        super().__init__(**given)
        self._places = places
        self._since = 0.0  # since when the head or body is awaited
        self._body = False  # the body is awaited, else the head
        self._begun = False  # a part of it has come
        self._left = 0  # unread bytes of answers at the last sweep
        self._left_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio.Protocol."""
        super().connection_made(transport)
        self._places.speaking.add(self)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        super().connection_lost(exc)
        self._places.gone(self)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._begun = True
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """See H11Protocol."""
        super().on_response_complete()
        self._begun = False
        self._places.waiting.pop(self, None)
        self._look()

    def overdue(self, now: float) -> RefusedConnection | None:
        """End the connection when its client took too long, and return why. `now`: the loop's clock, s."""
        left = self.transport.get_write_buffer_size()
        if left < self._left or not self._left:
            self._left_since = now
        self._left = left
        if left:
            if now - self._left_since < TAKEN_WITHIN_SECONDS:
                return None
            self.transport.abort()
            return RefusedConnection.UNTAKEN
        if self not in self._places.waiting or now - self._since < (
            BODY_WITHIN_SECONDS if self._body else HEAD_WITHIN_SECONDS
        ):
            return None
        if not self._begun:  # opened ahead or kept alive, which is no fault of the client
            self.transport.close()
            return None
        self._too_slow()
        return RefusedConnection.SLOW_BODY if self._body else RefusedConnection.SLOW_HEAD

    def _look(self) -> None:
        """Start to wait for head or body; wait for nothing while an answer is under way."""
        body = self.conn.their_state is h11.SEND_BODY
        cycle: Any = self.cycle  # None before the first request
        answering = cycle is not None and not cycle.response_complete
        if answering and not body:
            self._places.waiting.pop(self, None)
        elif self not in self._places.waiting or body != self._body:
            self._wait(body=body)

    def _wait(self, *, body: bool = False) -> None:
        self._body, self._since = body, self.loop.time()
        self._places.waiting.pop(self, None)
        self._places.waiting[self] = None

    def _too_slow(self) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            head = h11.Response(
                status_code=408,
                headers=[("content-type", "text/plain; charset=utf-8"), ("connection", "close")],
                reason=b"Request Timeout",
            )
            for event in (head, h11.Data(data=TOO_SLOW.encode()), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        cycle: Any = self.cycle
        if cycle is not None:
            cycle.disconnected = True  # no client is left to answer
        self.transport.close()


_BUSY = (
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    f"Retry-After: {TOO_MANY_RETRY_AFTER_SECONDS}\r\nContent-Length: {len(TOO_MANY)}\r\n"
    f"Connection: close\r\n\r\n{TOO_MANY}"
).encode()
