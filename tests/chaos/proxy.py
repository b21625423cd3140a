"""The network between workers and one broker, to be cut and held up."""

import asyncio
from contextlib import suppress
from typing import Self

CHUNK = 65_536  # bytes


class Proxy:
    """Forwards what comes to `port` to a broker's port, both of 127.0.0.1."""

    def __init__(self, port: int, broker: int) -> None:
        self.port = port
        self._broker = broker
        self._flows = asyncio.Event()
        self._flows.set()
        self._refuses = False
        self._open: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def cut(self) -> None:
        """Every connection breaks, new ones are refused."""
        self._refuses = True
        for writer in self._open:
            writer.transport.abort()

    def hold(self) -> None:
        """Nothing arrives any more, nothing breaks; what is sent meanwhile arrives after `heal`, late."""
        self._flows.clear()

    def heal(self) -> None:
        """As if nothing had been."""
        self._refuses = False
        self._flows.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._pumps.add(task)
        task.add_done_callback(self._pumps.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ours, pumps = {writer}, []
        self._open.add(writer)
        try:
            await self._flows.wait()
            with suppress(OSError):
                upstream, to_broker = await asyncio.open_connection("127.0.0.1", self._broker)
                ours.add(to_broker)
                self._open.add(to_broker)
                both = ((reader, to_broker), (upstream, writer))
                pumps = [asyncio.create_task(self._pump(*ends)) for ends in both]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for end in ours:
                end.transport.abort()
            self._open -= ours

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
