"""Reads the records of tickets again for the board, one ticket after the other."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from service.errors import RefusalError
from service.events.fact import Fitted
from service.explain.records import Identity
from service.kafka.topics.ticket_records import fitted_codes
from service.sla.facts import Fact

log = logging.getLogger(__name__)

READ_WITHIN_SECONDS = 5.0  # the records of one ticket
AGAIN_AFTER_SECONDS = 5.0  # when they could not be read

Wanted = tuple[str, tuple[Fact, ...]]  # key of a ticket, and the facts whose records to read


class CodeShelf(Protocol):
    """The tickets that somebody looks at, and what their records say."""

    async def take(self) -> Wanted:
        """Wait for a ticket whose records to read."""

    def put(self, wanted: Wanted, found: Mapping[Identity, Sequence[Fitted]]) -> None:
        """Note what was read of a ticket's records."""

    def fail(self, wanted: Wanted, why: str) -> None:
        """Note that they could not be read."""


class CodeReader:
    """Reads what `shelf` asks for from `topic`."""

    def __init__(self, connection: Mapping[str, Any], topic: str, shelf: CodeShelf) -> None:
        self._connection = connection
        self._topic = topic
        self._shelf = shelf
        self._failure: str | None = None

    async def run(self) -> None:
        """Read until cancelled; after an error of Kafka wait a while."""
        while True:
            wanted = await self._shelf.take()
            try:
                async with asyncio.timeout(READ_WITHIN_SECONDS):
                    found = await fitted_codes(self._connection, self._topic, *wanted)
            except (RefusalError, TimeoutError) as error:
                self._shelf.fail(wanted, self._say(str(error) or "no answer"))
                await asyncio.sleep(AGAIN_AFTER_SECONDS)
            else:
                self._failure = None
                self._shelf.put(wanted, found)

    def _say(self, failure: str) -> str:
        if failure != self._failure:
            log.warning("%s: records of a ticket cannot be read: %s", self._topic, failure)
        self._failure = failure
        return failure
