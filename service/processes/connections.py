"""The connections of an HTTP server: how many there may be, and how long a client may take.

uvicorn limits neither. A client that sends half a request, or takes no answer, would hold a descriptor for
ever, and without descriptors nobody reaches Kafka. So a server has a share of them, and of the connections
that wait for a request the oldest goes when a new one comes: a probe is answered whatever else is open.
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

from service.telemetry.catalogue import RefusedConnection
from service.telemetry.logs import Rate

HEAD_WITHIN_SECONDS = 10.0  # from the connection's begin or the last answer's end to a whole head
BODY_WITHIN_SECONDS = 10.0  # from the head to the end of the body
TAKEN_WITHIN_SECONDS = 30.0  # in which a client must take something of what is written to it
MOST = 512  # connections at once
_SHARE = 3  # one of so many descriptors at most is a connection's
_KEPT = 32  # descriptors that no connection takes, be they free or not
_FEW = 8  # connections that there may be whatever else is open: probes
_AT_ONCE = 2  # accepted in one turn of the loop, so that each can speak before it is the oldest

_SAID = {
    RefusedConnection.FULL: "HTTP: a connection was refused: %d are open, all with an answer under way",
    RefusedConnection.CROWDED_OUT: (
        "HTTP: %d connections are open: the one that waited longest made room for another"
    ),
    RefusedConnection.SLOW_HEAD: "HTTP: no whole request head in time: one of %d connections was closed",
    RefusedConnection.SLOW_BODY: "HTTP: no whole request body in time: one of %d connections was closed",
    RefusedConnection.UNTAKEN: "HTTP: an answer was not taken in time: one of %d connections was closed",
}
_logs = {reason: logging.getLogger(f"{__name__}.{reason}") for reason in RefusedConnection}
for _log in _logs.values():
    _log.addFilter(Rate(most=1))  # whoever floods us does not flood the log


class Places:
    """The connections of one server. `refused` is told of each that ended before its time.

    `descriptors`: the process may have so many, connections and all else; None: as the system says.
    """

    def __init__(
        self, refused: Callable[[RefusedConnection], None] = lambda _: None, descriptors: int | None = None
    ) -> None:
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if descriptors is None else descriptors
        limit = soft if soft > 0 else 1 << 30  # below 0: no limit
        self.most = max(_FEW, min(MOST, limit // _SHARE))
        self.streams = self.most * 3 // 4  # connections that answers without an end may hold
        self.open = 0
        self.speaking: set[Bounded] = set()
        self.waiting: dict[Bounded, None] = {}  # for a whole request, the longest first
        self._scarce_from = limit - min(_KEPT, limit // 4)
        self._leaving: set[Bounded] = set()
        self._tell = refused

    def admit(self, descriptor: int) -> bool:
        """True when a new connection may stay; another one may have to go for it."""
        full = self.open - len(self._leaving) >= self.most
        # The lowest free number is the next one's, so a high one says how many are taken.
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
        """End the connections whose time is over. `now`: seconds of the loop's clock."""
        for connection in list(self.speaking):
            if connection not in self._leaving and (reason := connection.overdue(now)):
                self.say(reason)

    def gone(self, connection: "Bounded") -> None:
        """It is closed."""
        self.speaking.discard(connection)
        self.waiting.pop(connection, None)
        self._leaving.discard(connection)

    def say(self, reason: RefusedConnection) -> None:
        """One connection ended before its time."""
        self._tell(reason)
        _logs[reason].warning(_SAID[reason], self.open)


class Listener(socket.socket):
    """A listening socket. It accepts what its `places` admit, a few in each turn of the loop."""

    places: Places | None = None
    _accepted = 0  # in this turn

    def accept(self) -> tuple[socket.socket, Any]:
        """See socket.socket."""
        if self.places is None:
            return super().accept()
        if self._accepted >= _AT_ONCE:
            raise BlockingIOError  # the loop comes again
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
    """A connection's socket: counted until it is closed, whoever closes it."""

    def __init__(self, accepted: socket.socket, places: Places) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._places: Places | None = places
        places.open += 1

    def close(self) -> None:
        """See socket.socket."""
        if self._places is not None:
            self._places.open -= 1
            self._places = None
        super().close()


class Bounded(H11Protocol):
    """uvicorn's HTTP/1.1, with limits on how long a client may take."""

    def __init__(self, places: Places, **given: Any) -> None:
        super().__init__(**given)
        self._places = places
        self._since = 0.0  # of what is waited for
        self._body = False  # the body is waited for, else the head
        self._begun = False  # something of it came
        self._left = 0  # bytes of answers that were not taken when we looked last
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
        """End it, and say why, when its client took too long; now is in seconds of the loop's clock."""
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
        if not self._begun:  # it was opened ahead, or kept: no fault of anybody
            self.transport.close()
            return None
        self._too_slow()
        return RefusedConnection.SLOW_BODY if self._body else RefusedConnection.SLOW_HEAD

    def _look(self) -> None:
        """Wait for head or body, or for nothing while an answer is under way."""
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
            text = b"the request did not come in time\n"
            head = h11.Response(
                status_code=408,
                headers=[("content-type", "text/plain; charset=utf-8"), ("connection", "close")],
                reason=b"Request Timeout",
            )
            for event in (head, h11.Data(data=text), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        cycle: Any = self.cycle
        if cycle is not None:
            cycle.disconnected = True  # nobody is left whom its answer could reach
        self.transport.close()


_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 10\r\n"
    b"Content-Length: 21\r\nConnection: close\r\n\r\ntoo many connections\n"
)
