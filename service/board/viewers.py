"""The limit on concurrent viewers: a stream counts from its admission until it ends."""

from collections.abc import AsyncIterator

from sse_starlette.sse import EventSourceResponse
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

TAKEN_WITHIN_SECONDS = 30  # a browser that leaves a message untaken for longer is disconnected


class Viewers:
    """The viewers of one board, at most `most`."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.now = 0


class Watching(EventSourceResponse):
    """The event stream of one viewer, or 503 when there are too many. The start of the response decides."""

    def __init__(self, viewers: Viewers, messages: AsyncIterator[dict[str, str]]) -> None:
        super().__init__(messages, ping=3_600, send_timeout=TAKEN_WITHIN_SECONDS, sep="\n")
        self._viewers = viewers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if self._viewers.now >= self._viewers.most:
            refusal = PlainTextResponse("too many viewers\n", 503, {"Retry-After": "10"})
            await refusal(scope, receive, send)
            return
        self._viewers.now += 1  # before the first await: else more viewers are admitted meanwhile
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._viewers.now -= 1
