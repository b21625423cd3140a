"""What is awaited on the connections of a client, and how they end. Uses internals of the library."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.client import ConnectionGroup
from aiokafka.conn import AIOKafkaConnection, CloseReason

Place = tuple[Any, ConnectionGroup]  # a broker's id, and the group of the connection


def awaited(connections: Iterable[AIOKafkaConnection]) -> dict[AIOKafkaConnection, Any]:
    """The oldest request without an answer, of each connection that has one."""
    return {one: one._requests[0] for one in connections if one._requests}  # noqa: SLF001


def close_idle(connections: Mapping[Place, AIOKafkaConnection], node_id: Any) -> None:
    """Close the connections to a silent broker on which nothing is awaited.

    The next request must open a new one. If that fails, nothing was sent: the request can go to whoever leads
    or coordinates by then. On the old connection, its fate would be unknown.
    """
    of_broker = {place: one for place, one in connections.items() if place[0] == node_id}
    waiting = awaited(of_broker.values())
    for connection in of_broker.values():
        if connection not in waiting:
            connection.close(reason=CloseReason.CONNECTION_TIMEOUT)


def break_off(connection: AIOKafkaConnection) -> None:
    """Close a connection on which no answer came: its requests fail, and metadata is fetched again."""
    if connection.connected():
        connection._writer.transport.abort()  # noqa: SLF001 (a mere close waits until all is sent)
        connection.close(reason=CloseReason.CONNECTION_TIMEOUT)
