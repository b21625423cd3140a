"""Starts and stops the group's consumer through FastStream; the worker reads from it."""

import logging
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from schemas.topics import BREACHES
from service.errors import RefusalError
from service.kafka.client.leave_group_request import Leaver, leave
from service.kafka.client.patches import patch_aiokafka
from service.kafka.client.patience import patiently
from service.kafka.exactly_once.context import OwnerSettings
from service.kafka.exactly_once.transaction import NotCommittedError
from service.kafka.exactly_once.worker import Worker, consumer_settings
from service.kafka.topics.acl import DENIALS, denied, missing

log = logging.getLogger(__name__)

_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
# The consumer settings that FastStream takes as arguments of the broker.
_BROKER = (
    "request_timeout_ms",
    "metadata_max_age_ms",
)


class Group:
    """A worker and the consumer that FastStream makes for it."""

    def __init__(self, terms: OwnerSettings, instance: str | None) -> None:
        wanted = consumer_settings(terms.group, instance)
        if wanted.pop("enable_auto_commit"):
            raise AssertionError("offsets are committed in transactions only")  # see AckPolicy.MANUAL
        self._terms = terms
        self.joined = False
        self.worker = Worker(terms, self._consumer, instance)
        patch_aiokafka()  # FastStream makes the consumer
        self._broker = KafkaBroker(
            terms.connection["bootstrap_servers"],
            security=_security(terms.connection),
            consumer_only=True,  # FastStream must neither produce nor create topics
            allow_auto_create_topics=False,
            logger=None,
            **{name: wanted.pop(name) for name in _BROKER},
        )
        # Without handlers, FastStream starts the consumer but does not read from it.
        self._subscriber = self._broker.subscriber(
            *(one.topic for one in terms.inputs), ack_policy=AckPolicy.MANUAL, listener=self.worker, **wanted
        )

    async def run(self) -> None:
        """Join the group and judge until `stop`.

        Raises errors that should end the process; RefusalError when our user lacks a right.
        """
        try:
            await patiently(self._terms.connection, self.worker.start, but=DENIALS)
            await self._broker.start()  # returns when the group has answered
            self.joined = True
            await self.worker.run()
        except (KafkaError, NotCommittedError) as error:
            if denied(error):  # a right was revoked while we ran: name it
                prefix = self._terms.topics.breaches.removesuffix(BREACHES.name)
                lacking = await missing(self._terms.connection, prefix, self._terms.group)
                raise RefusalError("\n".join(lacking) or f"Kafka does not allow it: {error!r}") from None
            raise

    async def stop(self, *, leaves: bool = False) -> None:
        """Give all partitions up and stop the consumer. Bound it: the consumer may hang.

        A process with an instance name stays a member until its session ends, unless it `leaves`. A process
        without one always leaves.
        """
        self.joined = False
        await self.worker.stop()
        leaver = self.worker.leaver if leaves else None
        await self._broker.stop()  # no heartbeat may follow: it would join again
        if leaver:
            await self._leave(leaver)

    async def _leave(self, leaver: Leaver) -> None:
        """Leave the group, and log a failure: the other members then wait for our session to end."""
        try:
            refused = await leave(self._terms.connection, self._terms.group, [leaver])
        except (KafkaError, OSError) as error:
            log.warning("could not leave the group: %r", error)
            return
        if refused:
            log.warning("could not leave the group: it has forgotten us, or another process has our name")
        else:
            log.info("has left the group")

    def _consumer(self) -> AIOKafkaConsumer:
        assert self._subscriber.consumer is not None
        return self._subscriber.consumer


def _security(connection: Mapping[str, Any]) -> BaseSecurity:
    tls = connection.get("ssl_context")
    mechanism = connection.get("sasl_mechanism")
    if mechanism is None:
        return BaseSecurity(ssl_context=tls)
    return _SASL[mechanism](
        connection["sasl_plain_username"], connection["sasl_plain_password"], ssl_context=tls
    )
