"""Questions that any broker can answer: one that is down does not keep the others from it."""

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NodeNotReadyError


async def anyone(client: AIOKafkaClient) -> int:
    """The id of a broker that takes connections. Raises NodeNotReadyError, naming all that do not."""
    brokers = client.cluster.brokers()
    for broker in brokers:
        if await client.ready(broker.nodeId):
            return int(broker.nodeId)
    named = ", ".join(f"{broker.host}:{broker.port}" for broker in brokers)
    raise NodeNotReadyError(f"no connection to any broker that it names (advertised.listeners): {named}")


class Admin(AIOKafkaAdminClient):  # type: ignore[misc] # aiokafka has no types
    """The library's asks a broker drawn by lot, and Kafka names a dead one for nine more seconds."""

    async def _send_request(self, request: Any, node_id: int | None = None) -> Any:
        return await super()._send_request(
            request, await anyone(self._client) if node_id is None else node_id
        )
