"""How long a command waits for Kafka, what it tries again meanwhile, and what it says in the end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

from aiokafka.errors import KafkaError

from service.errors import RefusalError
from service.kafka.client.connection_errors import greeting

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 15.0  # for Kafka to answer before a command says that it does not
AGAIN_AFTER_SECONDS = 0.5

T = TypeVar("T")


async def patiently(
    connection: Mapping[str, Any],
    ask: Callable[[], Awaitable[T]],
    within: float = PATIENCE_SECONDS,
    but: tuple[type[KafkaError], ...] = (),
) -> T:
    """What `ask` gives; it is asked again while a broker hangs or the network is cut, for so many seconds.

    Raises RefusalError: why Kafka does not answer, at once where time would not help. Passes on errors
    of the kinds in `but`.
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
                raise met.refusal or unreachable(connection, error) from None
            log.info("Kafka is asked again: %s", met.refusal or str(error) or type(error).__name__)
        await asyncio.sleep(AGAIN_AFTER_SECONDS)


def unreachable(connection: Mapping[str, object], error: Exception) -> RefusalError:
    """What to say when Kafka does not do what a command needs of it."""
    servers = ",".join(map(str, cast("list[str]", connection["bootstrap_servers"])))
    return RefusalError(f"KAFKA_BOOTSTRAP_SERVERS: {servers}: {str(error) or 'no answer'}")
