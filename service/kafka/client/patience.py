"""Retries a request to Kafka for a bounded time, then says why it failed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

from aiokafka.errors import KafkaError

from service.errors import RefusalError
from service.kafka.client.connection_errors import greeting

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 15.0  # of retries before a command says that Kafka does not answer
AGAIN_AFTER_SECONDS = 0.5

T = TypeVar("T")


async def patiently(
    connection: Mapping[str, Any],
    ask: Callable[[], Awaitable[T]],
    within: float = PATIENCE_SECONDS,
    but: tuple[type[KafkaError], ...] = (),
) -> T:
    """Return what `ask` returns, with retries for up to `within` seconds while Kafka does not answer.

    A broker may hang, or the network may be cut. Raises RefusalError with the reason why Kafka does not
    answer, at once when a retry would be useless. Passes on errors of the kinds in `but`.
    """
    until = asyncio.get_running_loop().time() + within
    while True:
        try:
            async with asyncio.timeout_at(until):
                return await ask()
        except but:
            raise
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            met = await greeting(connection)
            lasts = met.lasts or (isinstance(error, KafkaError) and not error.retriable)
            if lasts or asyncio.get_running_loop().time() + AGAIN_AFTER_SECONDS > until:
                raise met.refusal or _why(connection, error, nobody=met.lasts) from None
            log.info("trying Kafka again: %s", met.refusal or str(error) or type(error).__name__)
        await asyncio.sleep(AGAIN_AFTER_SECONDS)


def _why(connection: Mapping[str, object], error: Exception, *, nobody: bool) -> RefusalError:
    """Return the line for a failure; `nobody`: no address accepts a connection."""
    if not nobody:
        return unreachable(connection, error)
    reason = "nothing listens there, or there is no such host: is Kafka running, and is this its address?"
    return unreachable(connection, ConnectionError(reason))


def unreachable(connection: Mapping[str, object], error: Exception) -> RefusalError:
    """The RefusalError for a command when Kafka fails with `error`."""
    servers = ",".join(map(str, cast("list[str]", connection["bootstrap_servers"])))
    return RefusalError(f"KAFKA_BOOTSTRAP_SERVERS: {servers}: {str(error) or 'no answer'}")
