"""An admin client that no broker keeps from the others: one that is down, or that hangs."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, NotControllerError

from service.kafka.client.patches import patch_aiokafka

# Seconds until others have a new controller; then the next broker is told as well.
PASSED_ON_WITHIN = 5.0
ANSWER_WITHIN_MS = 15_000


class Admin(AIOKafkaAdminClient):  # type: ignore[misc] # aiokafka has no types
    """The library's asks one broker drawn by lot, and waits for the controller whatever it does."""

    async def _send_request(self, request: Any, node_id: int | None = None) -> Any:
        if node_id is None:
            return await self._client.ask(request)
        return await self._client.send(node_id, request)

    async def _send_to_controller(self, request: Any) -> Any:
        """Any broker passes it on; but one that passed it on to one that hangs waits half a minute."""
        controller = self._client.cluster.controller
        nodes = self._client.nodes()
        if controller and controller.nodeId in nodes:
            nodes.sort(key=lambda node: node != controller.nodeId)
        failure: Exception = NotControllerError("there is no broker to ask")
        for node in nodes:
            try:
                async with asyncio.timeout(PASSED_ON_WITHIN if node != nodes[-1] else None):
                    return await self._client.send(node, request)
            except (KafkaError, TimeoutError) as error:
                failure = error
        raise failure


@asynccontextmanager
async def administering(options: Mapping[str, Any], within: int = ANSWER_WITHIN_MS) -> AsyncIterator[Admin]:
    """A started admin client, whose requests are answered `within` ms. Raises KafkaError and OSError."""
    patch_aiokafka()
    admin = Admin(**options, request_timeout_ms=within)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
