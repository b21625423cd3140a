"""The library's client, for clusters in which a broker hangs: it takes connections, and says nothing.

The library asks one broker after the other, each for as long as a request may take, connects to one at a
time, and prefers none. Here the next one is asked when the first is silent, no broker waits for another, and
whoever keeps a request waiting is asked whether it is there at all. Like transactional_producer.py this file
knows one version only.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar, Self
from weakref import WeakSet

from aiokafka.admin import client as admin
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.cluster import ClusterMetadata
from aiokafka.conn import AIOKafkaConnection, CloseReason, create_conn
from aiokafka.consumer import consumer
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    NodeNotReadyError,
    RequestTimedOutError,
    for_code,
)
from aiokafka.producer import producer
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest

from service.kafka.client.race import NEXT_AFTER_SECONDS, QUESTIONS, first
from service.kafka.client.silence import SILENT_AFTER_SECONDS, Silence

log = logging.getLogger(__name__)
often = logging.getLogger("aiokafka.client")  # whose lines are held back when they are many

LOOK_EVERY_SECONDS = 0.75  # longer than a fetch waits for records, so that none is taken for one that hangs
CONNECTIONS = 3  # to a host that is silent when it is asked of the cluster

_Place = tuple[Any, ConnectionGroup]  # a broker's id, and which connection to it
_BOOTSTRAP: _Place = "bootstrap", ConnectionGroup.DEFAULT  # the library's for a host that named no broker


def expect_silence() -> None:
    """Make every consumer, producer and admin client of this process have such a client."""
    consumer.AIOKafkaClient = producer.AIOKafkaClient = admin.AIOKafkaClient = Client


class Client(AIOKafkaClient):  # type: ignore[misc] # aiokafka has no types
    """See the library's. What it raises is the same."""

    _running: ClassVar[WeakSet[Self]] = WeakSet()  # in this process: what one of them finds out, all know

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._sync_task: asyncio.Task[None] | None = None
        self._told_at = 0.0  # when (loop time) we last heard who leads what
        self._silence = Silence(self._request_timeout_ms / 1_000)
        self._opening: dict[_Place, asyncio.Task[AIOKafkaConnection | None]] = {}
        self._watching: asyncio.Task[None] | None = None

    async def bootstrap(self) -> None:
        """Learn of the cluster from the first host that answers. Raises KafkaConnectionError."""
        # Behind one name may be many: whoever is silent is asked on further connections as well.
        failed: set[tuple[str, int]] = set()
        greet: list[Callable[[], Awaitable[Any]]] = [
            partial(self._greet, host, port, failed) for host, port, _ in self.hosts * CONNECTIONS
        ]
        try:
            metadata = await first(greet)
        except (KafkaError, OSError) as error:
            raise KafkaConnectionError(f"Unable to bootstrap from {self.hosts}") from error
        self.cluster.update_metadata(metadata)
        self._told_at = self._loop.time()
        if self._sync_task is None:
            self._sync_task = asyncio.create_task(self._md_synchronizer())
            self._watching = asyncio.create_task(self._watch())
            self._running.add(self)

    async def close(self) -> None:
        """See the library's."""
        self._running.discard(self)
        for task in (self._watching, *self._opening.values()):
            if task:
                task.cancel()
        await super().close()

    def nodes(self) -> list[int]:
        """The ids of all brokers, in any order, those last that were silent when they were last asked."""
        nodes = [broker.nodeId for broker in self.cluster.brokers()]
        random.shuffle(nodes)
        return sorted(nodes, key=self._silence.is_doubtful)

    def get_random_node(self) -> int | None:
        """One that is not known to be silent, if there is one."""
        return next(iter(self.nodes()), None)

    async def ask(self, request: Any) -> Any:
        """The answer of whichever broker is first, to what any of them can answer, also twice.

        Raises KafkaError; NodeNotReadyError, naming all brokers, when none answers.
        """
        try:
            return await first([partial(self.send, node, request) for node in self.nodes()])
        except (NodeNotReadyError, RequestTimedOutError, KafkaConnectionError) as error:
            named = ", ".join(f"{broker.host}:{broker.port}" for broker in self.cluster.brokers())
            raise NodeNotReadyError(
                f"no connection to any broker that it names (advertised.listeners): {named}"
            ) from error

    async def coordinator_lookup(self, coordinator_type: int, coordinator_key: str) -> int:
        """See the library's, which asks one broker, drawn by lot."""
        answer = await self.ask(FindCoordinatorRequest(coordinator_key, coordinator_type))
        error = for_code(answer.error_code)
        if answer.error_code:
            raise error()
        return int(answer.coordinator_id)

    async def send(
        self, node_id: Any, request: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT
    ) -> Any:
        """See the library's. NodeNotReadyError: nothing was sent."""
        connection = await self._get_conn(node_id, group=group)
        if connection is None:
            raise NodeNotReadyError(f"no connection to node {node_id}")
        answered = not (isinstance(request, ProduceRequest) and request.required_acks == 0)
        question = isinstance(request, QUESTIONS)
        patience, began = self._silence.patience(node_id) if question else None, self._loop.time()
        try:
            async with asyncio.timeout(patience):
                answer = await connection.send(request, expect_response=answered)
        except TimeoutError as error:
            self._give_up(node_id, connection)
            raise RequestTimedOutError from error
        except KafkaConnectionError as error:
            if self._silence.has(node_id):  # as the watch has found
                raise RequestTimedOutError from error
            raise
        except asyncio.CancelledError:
            if question and self._loop.time() - began >= NEXT_AFTER_SECONDS:  # another one was faster
                self._silence.outrun(node_id)
            raise
        self._silence.answered(node_id)
        return answer

    async def fetch_all_metadata(self) -> ClusterMetadata:
        """See the library's, whose error does not say that it makes sense to ask again."""
        fresh = ClusterMetadata(metadata_max_age_ms=self._metadata_max_age_ms)
        if not await self._metadata_update(fresh, None):
            raise KafkaConnectionError("no broker says which topics there are")
        return fresh

    async def _metadata_update(self, cluster_metadata: ClusterMetadata, topics: Any) -> bool:
        request = MetadataRequest(list(topics) if topics else None)
        nodes = [*self.nodes(), *([_BOOTSTRAP[0]] if _BOOTSTRAP in self._conns else [])]
        try:
            metadata = await first([partial(self.send, node, request) for node in nodes])
        except (KafkaError, OSError) as error:
            often.warning("no broker says who leads what: %r", error)
            cluster_metadata.failed_update(None)
            return False
        if not metadata.brokers:
            return False
        cluster_metadata.update_metadata(metadata)
        self._told_at = self._loop.time()
        if _BOOTSTRAP in self._conns and self.cluster.brokers():
            self._conns.pop(_BOOTSTRAP).close()
        return True

    async def _get_conn(
        self, node_id: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT
    ) -> AIOKafkaConnection | None:
        place = node_id, group
        connection = self._conns.get(place)
        if connection is not None:
            if connection.connected():
                return connection
            del self._conns[place]
        opening = self._opening.get(place)
        if opening is None:
            opening = self._opening[place] = asyncio.create_task(self._open(node_id, group))
            opening.add_done_callback(lambda _: self._opening.pop(place))
        await asyncio.wait([opening])  # it goes on when we are cancelled: others may wait for it
        return None if opening.cancelled() else opening.result()

    async def _open(self, node_id: Any, group: ConnectionGroup) -> AIOKafkaConnection | None:
        broker = self.cluster.broker_metadata(node_id)
        if broker is None:  # Kafka has given it up, or we have not heard of it yet
            if self._loop.time() - self._told_at > SILENT_AFTER_SECONDS:
                self.force_metadata_update()
            return None
        try:
            async with asyncio.timeout(self._silence.patience(node_id)):
                connection = await self._connect(broker.host, broker.port, self._on_connection_closed)
        except (KafkaError, OSError) as error:
            if isinstance(error, TimeoutError):
                self._found_silent(node_id)
            often.warning("no connection to node %s: %r", node_id, error)
            self.force_metadata_update()
            return None
        self._conns[node_id, group] = connection
        return connection

    async def _greet(self, host: str, port: int, failed: set[tuple[str, int]]) -> Any:
        """What the broker there says of the cluster. One of the `failed` is not asked again."""
        if (host, port) in failed:
            raise KafkaConnectionError(f"{host}:{port} has failed")
        needed = False
        try:
            connection = await self._connect(host, port)
            try:
                metadata = await connection.send(MetadataRequest([]))
                if not metadata.brokers:  # a cluster without topics may name none yet
                    needed = self._conns.setdefault(_BOOTSTRAP, connection) is connection
                return metadata
            finally:
                if not needed:
                    connection.close()
        except (KafkaError, OSError) as error:
            failed.add((host, port))
            often.warning("%s:%s does not answer: %r", host, port, error)
            raise

    async def _connect(
        self, host: str, port: int, on_close: Callable[..., None] | None = None
    ) -> AIOKafkaConnection:
        """Asks what the broker can do, so it has said something when this returns."""
        return await create_conn(
            host,
            port,
            client_id=self._client_id,
            request_timeout_ms=self._request_timeout_ms,
            ssl_context=self._ssl_context,
            security_protocol=self._security_protocol,
            on_close=on_close,
            max_idle_ms=self._connections_max_idle_ms,
            sasl_mechanism=self._sasl_mechanism,
            sasl_plain_username=self._sasl_plain_username,
            sasl_plain_password=self._sasl_plain_password,
        )

    def _found_silent(self, node_id: Any) -> None:
        if not self._silence.found(node_id):
            return
        if broker := self.cluster.broker_metadata(node_id):
            log.warning("broker %s:%s does not answer", broker.host, broker.port)
            for other in self._running:
                if other._loop is self._loop and other.cluster.broker_metadata(node_id) == broker:  # noqa: SLF001
                    other._silence.found(node_id)  # noqa: SLF001

    def _give_up(self, node_id: Any, connection: AIOKafkaConnection) -> None:
        """Of a connection on which no answer came. Who waits there is told; who leads what is asked again."""
        self._found_silent(node_id)
        if connection.connected():
            connection._writer.transport.abort()  # noqa: SLF001 (a mere close waits until all is sent)
            connection.close(reason=CloseReason.CONNECTION_TIMEOUT)

    async def _watch(self) -> None:
        """Give up connections whose broker hangs: an answer may take long, but not every answer."""
        waiting: dict[AIOKafkaConnection, Any] = {}  # what is first in its queue
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            before, waiting = waiting, {c: c._requests[0] for c in self._conns.values() if c._requests}  # noqa: SLF001
            late = {
                node_id
                for (node_id, _), connection in self._conns.items()
                if connection in waiting and before.get(connection) is waiting[connection]
            } - {_BOOTSTRAP[0]}
            await asyncio.gather(*(self._check(node_id) for node_id in late))
            if any(self.cluster.broker_metadata(node_id) for node_id in self._silence.lately()):
                self.force_metadata_update()  # others are going to lead in its place

    async def _check(self, node_id: Any) -> None:
        """Give up all connections to a broker that answers on no new one either, or has left the cluster."""
        if broker := self.cluster.broker_metadata(node_id):
            try:
                async with asyncio.timeout(self._silence.patience(node_id)):
                    connection = await self._connect(broker.host, broker.port)
            except TimeoutError:
                pass
            except (KafkaError, OSError) as error:
                often.debug("node %s: %r", node_id, error)  # whoever waits there will hear of it soon
                return
            else:
                connection.close()
                return
        for (node, _), waiting in list(self._conns.items()):
            if node == node_id:
                self._give_up(node_id, waiting)
