"""The gateway in the process of the test: its endpoints over a log in memory, and its observer."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import httpx

from service.gateway.gateway_file import read_sources
from service.gateway.intake import MappedEvent
from service.gateway.routes import MOST_AT_ONCE, Hooks
from tests.gateway.configured import DESKS, write
from tests.gateway.fake_log import FakeLog

NOW = 1_772_500_000_000


class Told:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, str]] = []
        self.refused: list[tuple[str, str]] = []
        self.said: list[tuple[object, ...]] = []

    def answered(self, source: str, outcome: str) -> None:
        """See DeliveryObserver."""
        self.outcomes.append((source, outcome))

    def unauthorised(self, source: str, reason: str) -> None:
        """See DeliveryObserver."""
        self.refused.append((source, reason))

    def verified(self, source: str, now: int) -> None:
        """See DeliveryObserver."""
        self.said.append(("verified", source, now))

    def published(self, source: str, events: Sequence[MappedEvent], now: int, seconds: float) -> None:
        """See DeliveryObserver."""
        self.said.append(("published", source, [event.kind for event in events], now, seconds))

    def buried(self, source: str, reason: str) -> None:
        """See DeliveryObserver."""
        self.said.append(("buried", source, reason))

    def dropped(self, source: str, fields: Iterable[str]) -> None:
        """See DeliveryObserver."""
        self.said.append(("dropped", source, list(fields)))


class House:
    """Endpoints, log and observer. `now`: the wall clock, which stands still."""

    def __init__(
        self, folder: Path, sources: dict[str, str] = DESKS, *, now: int = NOW, most: int = MOST_AT_ONCE
    ) -> None:
        self.path = write(folder, sources)
        self.sources = read_sources(self.path, open_to_others=False)
        self.log, self.told, self.now = FakeLog(), Told(), now
        self.hooks = Hooks(
            self.sources, self.log, self.told, now=lambda: self.now, seconds=lambda: 0.0, most_at_once=most
        )

    def client(self) -> httpx.AsyncClient:
        """A client whose requests reach the endpoints, and to which their errors come."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.hooks), base_url="http://gateway")

    async def send(
        self, path: str, body: bytes = b"", headers: dict[str, str] | None = None, method: str = "POST"
    ) -> httpx.Response:
        """One request."""
        async with self.client() as client:
            # As bytes: the client takes ASCII only, and a server takes any byte.
            lines = {name: value.encode("latin-1") for name, value in (headers or {}).items()}
            return await client.request(method, path, content=body, headers=lines)
