"""An admin client that keeps working while one broker is down or hangs."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, NotControllerError

from service.kafka.client.patches import patch_aiokafka

# Seconds in which the cluster elects a new controller; then the request goes to the next broker as well.
PASSED_ON_WITHIN_SECONDS = 5.0
ANSWER_WITHIN_MS = 15_000


class Admin(AIOKafkaAdminClient):  # type: ignore[misc] # aiokafka has no types
    """An admin client that tries every broker.

    The library's admin client asks one random broker, and waits for the controller even if that hangs.
    """

    async def _send_request(self, request: Any, node_id: int | None = None) -> Any:
        if node_id is None:
            return await self._client.ask(request)
        return await self._client.send(node_id, request)

    async def _send_to_controller(self, request: Any) -> Any:
        """Send a request to the controller first, then to the other brokers, which forward it.

        If the controller hangs, a forwarding broker waits for half a minute. So each broker but the last has
        `PASSED_ON_WITHIN_SECONDS` to answer.
        """
        controller = self._client.cluster.controller
        nodes = self._client.nodes()
        if controller and controller.nodeId in nodes:
            nodes.sort(key=lambda node: node != controller.nodeId)
        failure: Exception = NotControllerError("there is no broker to ask")
        for node in nodes:
            try:
                async with asyncio.timeout(PASSED_ON_WITHIN_SECONDS if node != nodes[-1] else None):
                    return await self._client.send(node, request)
            except (KafkaError, TimeoutError) as error:
                failure = error
        raise failure


@asynccontextmanager
async def administering(options: Mapping[str, Any], within: int = ANSWER_WITHIN_MS) -> AsyncIterator[Admin]:
    """A started admin client whose requests time out after `within` ms. Raises KafkaError and OSError."""
    patch_aiokafka()
    admin = Admin(**options, request_timeout_ms=within)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
