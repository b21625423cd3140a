"""What the gateway needs of the log and of the metrics. Kafka and Prometheus are behind these."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from service.gateway.intake import MappedEvent


class EventLog(Protocol):
    """The log that takes events and dead letters."""

    @property
    def takes(self) -> bool:
        """True while the log takes records, as far as is known."""

    async def publish(self, events: Sequence[MappedEvent]) -> None:
        """Return once the log has acknowledged all events, in this order. Raises UnavailableError."""

    async def bury(self, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        """Return once the log has acknowledged a dead letter. Raises UnavailableError."""


class DeliveryObserver(Protocol):
    """Is told of every delivery. Instants in ms. `source`: the endpoint."""

    def answered(self, source: str, outcome: str) -> None:
        """An answer was given: see HookAnswer. `source` is empty for an unknown endpoint."""

    def unauthorised(self, source: str, reason: str) -> None:
        """A delivery did not prove that it is its source's: see Unauthorised."""

    def verified(self, source: str, now: int) -> None:
        """A delivery proved that it is its source's."""

    def published(self, source: str, events: Sequence[MappedEvent], now: int, seconds: float) -> None:
        """Kafka acknowledged all events of a delivery, after `seconds`."""

    def buried(self, source: str, reason: str) -> None:
        """A dead letter was written."""

    def dropped(self, source: str, fields: Iterable[str]) -> None:
        """Values of these fields were dropped by the mapping, or did not fit as they came."""
