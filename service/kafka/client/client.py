"""A Kafka client for clusters in which a broker hangs: it accepts connections, but sends no answer.

The library asks one broker after another and waits for each up to the request timeout. It connects to one
broker at a time, and prefers no broker. This client asks the next broker as well when the first is silent.
Requests to different brokers do not wait for each other. A broker that keeps a request waiting is probed on a
new connection. Like transactional_producer.py, this file works with one version of the library only.
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
from aiokafka.conn import AIOKafkaConnection, create_conn
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

from service.kafka.client.connections import Place, awaited, break_off, close_idle
from service.kafka.client.race import NEXT_AFTER_SECONDS, QUESTIONS, first
from service.kafka.client.silence import SILENT_AFTER_SECONDS, Silence

log = logging.getLogger(__name__)
often = logging.getLogger("aiokafka.client")  # its lines are held back when there are many

LOOK_EVERY_SECONDS = 0.75  # longer than a fetch waits for records, so that no idle fetch looks silent
CONNECTIONS = 3  # attempts per bootstrap host: several brokers may share its name

# The library's name for the connection to a bootstrap host whose answer named no broker.
_BOOTSTRAP: Place = "bootstrap", ConnectionGroup.DEFAULT


def expect_silence() -> None:
    """Make every consumer, producer and admin client of this process use `Client`."""
    consumer.AIOKafkaClient = producer.AIOKafkaClient = admin.AIOKafkaClient = Client


class Client(AIOKafkaClient):  # type: ignore[misc] # aiokafka has no types
    """The library's client with probes for silent brokers. It raises the same errors."""

    _running: ClassVar[WeakSet[Self]] = WeakSet()  # of this process; they share which brokers are silent

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._sync_task: asyncio.Task[None] | None = None
        self._told_at = 0.0  # loop time of the latest metadata answer
        self._silence = Silence(self._request_timeout_ms / 1_000)
        self._opening: dict[Place, asyncio.Task[AIOKafkaConnection | None]] = {}
        self._watching: asyncio.Task[None] | None = None

    async def bootstrap(self) -> None:
        """Read the cluster's metadata from the first host that answers. Raises KafkaConnectionError."""
        # One name may stand for several brokers: a silent host is asked on further connections as well.
        failed: set[tuple[str, int]] = set()
        greet: list[Callable[[], Awaitable[Any]]] = [
            partial(self._greet, host, port, failed) for host, port, _ in self.hosts * CONNECTIONS
        ]
        try:
            metadata = await first(greet)
        except (KafkaError, OSError) as error:
            places = ", ".join(f"{host}:{port}" for host, port, _ in self.hosts)
            raise KafkaConnectionError(f"Unable to bootstrap from {places}: no answer") from error
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
        """The ids of all brokers in random order; brokers that were silent or slow last time come last."""
        nodes = [broker.nodeId for broker in self.cluster.brokers()]
        random.shuffle(nodes)
        return sorted(nodes, key=self._silence.is_doubtful)

    def get_random_node(self) -> int | None:
        """A random broker's id, if possible of one not known to be silent; None without brokers."""
        return next(iter(self.nodes()), None)

    async def ask(self, request: Any) -> Any:
        """The first answer of any broker to `request`, which must be safe to send to several brokers.

        Raises KafkaError; NodeNotReadyError, naming all brokers, when none answers.
        """
        try:
            return await first([partial(self.send, node, request) for node in self.nodes()])
        except (NodeNotReadyError, RequestTimedOutError, KafkaConnectionError) as error:
            named = ", ".join(f"{broker.host}:{broker.port}" for broker in self.cluster.brokers())
            raise NodeNotReadyError(
                f"no connection to any broker that Kafka names (advertised.listeners): {named}"
            ) from error

    async def coordinator_lookup(self, coordinator_type: int, coordinator_key: str) -> int:
        """Find the coordinator by asking all brokers; the library asks one random broker."""
        answer = await self.ask(FindCoordinatorRequest(coordinator_key, coordinator_type))
        error = for_code(answer.error_code)
        if answer.error_code:
            raise error()
        return int(answer.coordinator_id)

    async def send(
        self, node_id: Any, request: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT
    ) -> Any:
        """Send a request to one broker. Raises as the library's; NodeNotReadyError: nothing was sent."""
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
            if self._silence.has(node_id):  # `_watch` found it silent and closed the connection
                raise RequestTimedOutError from error
            raise
        except asyncio.CancelledError:
            if question and self._loop.time() - began >= NEXT_AFTER_SECONDS:  # another broker was faster
                self._silence.outrun(node_id)
            raise
        self._silence.answered(node_id)
        return answer

    async def fetch_all_metadata(self) -> ClusterMetadata:
        """The metadata of all topics. Raises KafkaConnectionError: retriable, unlike the library's error."""
        fresh = ClusterMetadata(metadata_max_age_ms=self._metadata_max_age_ms)
        if not await self._metadata_update(fresh, None):
            raise KafkaConnectionError("no broker answers with the list of topics")
        return fresh

    async def _metadata_update(self, cluster_metadata: ClusterMetadata, topics: Any) -> bool:
        request = MetadataRequest(list(topics) if topics else None)
        nodes = [*self.nodes(), *([_BOOTSTRAP[0]] if _BOOTSTRAP in self._conns else [])]
        try:
            metadata = await first([partial(self.send, node, request) for node in nodes])
        except (KafkaError, OSError) as error:
            often.warning("no broker answers with metadata: %r", error)
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
        # When this call is cancelled, `opening` goes on: other calls may wait for it.
        await asyncio.wait([opening])
        return None if opening.cancelled() else opening.result()

    async def _open(self, node_id: Any, group: ConnectionGroup) -> AIOKafkaConnection | None:
        broker = self.cluster.broker_metadata(node_id)
        if broker is None:  # the broker has left the cluster, or our metadata is older than the broker
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
        """The metadata from one host; a host in `failed` is not asked again. Raises KafkaError or OSError."""
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
        """Open a connection. It includes the broker's answer on API versions, so the broker is not silent."""
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
                    close_idle(other._conns, node_id)  # noqa: SLF001

    def _give_up(self, node_id: Any, connection: AIOKafkaConnection) -> None:
        """Break a connection off on which no answer came, and note that its broker is silent."""
        self._found_silent(node_id)
        break_off(connection)

    async def _watch(self) -> None:
        """Close the connections to brokers that hang.

        A slow answer alone is no proof, so a broker is probed before its connections are closed.
        """
        waiting: dict[AIOKafkaConnection, Any] = {}  # the oldest request of each connection
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            before, waiting = waiting, awaited(self._conns.values())
            late = {
                node_id
                for (node_id, _), connection in self._conns.items()
                if connection in waiting and before.get(connection) is waiting[connection]
            } - {_BOOTSTRAP[0]}
            await asyncio.gather(*(self._check(node_id) for node_id in late))
            if any(self.cluster.broker_metadata(node_id) for node_id in self._silence.lately()):
                self.force_metadata_update()  # other brokers are about to become leaders in its place

    async def _check(self, node_id: Any) -> None:
        """Close all connections to a broker that fails a probe or has left the cluster.

        The probe is a new connection.
        """
        if broker := self.cluster.broker_metadata(node_id):
            try:
                async with asyncio.timeout(self._silence.patience(node_id)):
                    connection = await self._connect(broker.host, broker.port)
            except TimeoutError:
                pass
            except (KafkaError, OSError) as error:
                often.debug("node %s: %r", node_id, error)  # its pending requests will soon fail as well
                return
            else:
                connection.close()
                return
        for (node, _), waiting in list(self._conns.items()):
            if node == node_id:
                self._give_up(node_id, waiting)
