"""A log in memory. tests/gateway/test_event_log.py holds it to what the real one does."""

from collections.abc import Sequence

from service.errors import UnavailableError
from service.gateway.intake import MappedEvent


class FakeLog:
    """What was acknowledged, in order. `away`: nothing is."""

    def __init__(self) -> None:
        self.away = False
        self.events: list[tuple[bytes, bytes]] = []
        self.letters: list[tuple[bytes, bytes, list[tuple[str, bytes]]]] = []

    @property
    def takes(self) -> bool:
        """See EventLog."""
        return not self.away

    async def publish(self, events: Sequence[MappedEvent]) -> None:
        """See EventLog."""
        self._answer()
        self.events += [(event.key, event.value) for event in events]

    async def bury(self, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        """See EventLog."""
        self._answer()
        self.letters.append((key, value, list(headers)))

    def _answer(self) -> None:
        if self.away:
            raise UnavailableError("it is away")
