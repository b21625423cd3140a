"""The rights that the service needs on the broker, and which of them our user lacks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.transaction import EndTxnRequest

from schemas.topics import (
    BREACHES,
    CHANNELS,
    CLOCKS,
    DESKS,
    LIFECYCLE,
    POLICIES,
    REJECTED,
    TICKETS,
    UNDELIVERABLE,
)
from service.kafka.client.client import Client
from service.kafka.client.patience import PATIENCE_SECONDS, patiently
from service.kafka.client.topic_rights_request import TopicsRequest


class Right(IntEnum):
    """Kafka's operations, by Kafka's numbers. Read and Write each include Describe."""

    READ = 3
    WRITE = 4
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10

    def __str__(self) -> str:
        """As `kafka-acls --operation` spells it."""
        return self.name.title().replace("_", "")


# Besides these: Read of the group, Write of the transactional ids.
NEEDED = {
    LIFECYCLE.name: (Right.READ, Right.DESCRIBE_CONFIGS),
    REJECTED.name: (Right.WRITE, Right.DESCRIBE_CONFIGS),
    BREACHES.name: (Right.WRITE, Right.DESCRIBE_CONFIGS),
    CLOCKS.name: (Right.WRITE, Right.DESCRIBE_CONFIGS),
    TICKETS.name: (Right.READ, Right.WRITE, Right.DESCRIBE_CONFIGS),
    POLICIES.name: (Right.READ, Right.WRITE, Right.DESCRIBE_CONFIGS),
    CHANNELS.name: (Right.READ, Right.DESCRIBE_CONFIGS),
    DESKS.name: (Right.READ, Right.WRITE, Right.DESCRIBE_CONFIGS),
}

# Of the gateway: it has no group and no transactions.
GATEWAY_NEEDED = {
    LIFECYCLE.name: (Right.WRITE, Right.DESCRIBE_CONFIGS),
    UNDELIVERABLE.name: (Right.WRITE, Right.DESCRIBE_CONFIGS),
}

DENIALS = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
_DENIED = {error.errno for error in DENIALS}


def denied(error: BaseException) -> bool:
    """True when `error`, or one of its causes, is a denial by Kafka's authorizer."""
    return isinstance(error, DENIALS) or (error.__cause__ is not None and denied(error.__cause__))


async def missing(connection: Mapping[str, Any], prefix: str, group: str) -> list[str]:
    """The rights that our user lacks: for each resource one line, which says how to grant them.

    Topics that do not exist are left out. Raises RefusalError when Kafka does not answer.
    """

    async def ask(client: Client) -> list[_Lack]:
        return [*await _lacking_topics(client, prefix, NEEDED), *await _lacking_others(client, prefix, group)]

    return await _asked(connection, ask)


async def missing_of_gateway(connection: Mapping[str, Any], prefix: str) -> list[str]:
    """The rights that the gateway's user lacks, as `missing` gives those of the service."""
    return await _asked(connection, lambda client: _lacking_topics(client, prefix, GATEWAY_NEEDED))


async def _asked(
    connection: Mapping[str, Any], lacking: "Callable[[Client], Awaitable[Sequence[_Lack]]]"
) -> list[str]:
    user = _user(connection)

    async def ask() -> list[str]:
        client = Client(**connection, request_timeout_ms=int(PATIENCE_SECONDS * 1000))
        try:
            await client.bootstrap()
            return [lack.line(user) for lack in await lacking(client)]
        finally:
            await client.close()

    return await patiently(connection, ask)


def of_group(connection: Mapping[str, Any], group: str) -> str:
    """The line for a user without the right to join the group or to remove a member."""
    return _Lack("group", group, [Right.READ]).line(_user(connection))


def _user(connection: Mapping[str, Any]) -> str:
    return connection.get("sasl_plain_username") or "NAME"


class _Lack(NamedTuple):
    kind: str
    name: str
    rights: list[Right]
    pattern: str = ""  # when not `literal`

    def line(self, user: str) -> str:
        operations = " ".join(f"--operation {right}" for right in self.rights)
        pattern = f" --resource-pattern-type {self.pattern}" if self.pattern else ""
        return (
            f"{self.kind} {self.name}{'*' if self.pattern else ''}: our user has no right to"
            f" {', '.join(map(str, self.rights))}; grant it: kafka-acls --add --allow-principal User:{user}"
            f" {operations} --{self.kind} {self.name}{pattern}"
        )


async def _lacking_topics(
    client: Client, prefix: str, rights_of: Mapping[str, Sequence[Right]]
) -> list[_Lack]:
    needed = {prefix + topic: rights for topic, rights in rights_of.items()}
    allowed = dict((await client.ask(TopicsRequest(list(needed)))).rights())
    return [
        _Lack("topic", name, lacking)
        for name, rights in needed.items()
        if (lacking := [right for right in rights if not allowed.get(name, -1) & (1 << right)])
    ]


async def _lacking_others(client: Client, prefix: str, group: str) -> list[_Lack]:
    found: list[_Lack] = []
    # This member and this producer do not exist: neither request changes anything, whichever node gets it.
    heartbeat = await client.ask(HeartbeatRequest(group, -1, "nobody"))
    if heartbeat.error_code in _DENIED:
        found.append(_Lack("group", group, [Right.READ]))
    transactional_id = f"{group}-{LIFECYCLE.named(prefix)}-0"
    end = await client.ask(EndTxnRequest(transactional_id, -1, -1, False))
    if end.error_code in _DENIED:
        found.append(_Lack("transactional-id", group + "-", [Right.WRITE], "prefixed"))
    return found
