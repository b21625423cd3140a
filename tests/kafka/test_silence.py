"""Servers that take connections and say nothing, or hang up: no Kafka is needed to be none."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError, TopicAuthorizationFailedError
from aiokafka.protocol.metadata import MetadataRequest

from service.demo import broker_config as kraft
from service.errors import RefusalError
from service.kafka.client.client import CONNECTIONS, Client
from service.kafka.client.connection_errors import greeting
from service.kafka.client.patience import patiently
from service.kafka.client.silence import SILENT_AFTER_SECONDS

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As the kernel does for a process that is stopped."""
    held.append((reader, writer))


def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


held: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []


@asynccontextmanager
async def servers(*kinds: Serve) -> AsyncIterator[list[str]]:
    """Their addresses."""
    listening = [await asyncio.start_server(kind, "127.0.0.1", 0) for kind in kinds]
    try:
        yield [f"127.0.0.1:{server.sockets[0].getsockname()[1]}" for server in listening]
    finally:
        for server in listening:
            server.close()
        for _, writer in held:
            writer.transport.abort()
        held.clear()


def connection(*addresses: str) -> dict[str, Any]:
    return {"bootstrap_servers": list(addresses), "security_protocol": "PLAINTEXT"}


def nobody() -> str:
    """An address where nobody listens."""
    return f"127.0.0.1:{kraft.free_ports(1)[0]}"


def named(client: Client, *addresses: str) -> None:
    """Makes it believe that these are all brokers."""
    brokers = [(number, *address.split(":"), None) for number, address in enumerate(addresses, start=1)]
    told = SimpleNamespace(
        API_VERSION=5,
        brokers=[(number, host, int(port), rack) for number, host, port, rack in brokers],
        controller_id=-1,
        topics=[],
    )
    client.cluster.update_metadata(told)


async def test_no_silent_host_keeps_the_others_from_being_asked() -> None:
    async with servers(hold, hold, hold) as addresses:
        client = Client(**connection(*addresses), request_timeout_ms=2_500)
        with pytest.raises(
            KafkaConnectionError, match=r"Unable to bootstrap from 127\.0\.0\.1:\d+, .*: no answer$"
        ):
            await client.bootstrap()
        here = {writer.get_extra_info("sockname") for _, writer in held}
        assert len(here) == 3  # within the time of one request
        await client.close()


async def test_a_host_that_is_silent_is_asked_on_another_connection_where_another_broker_may_be() -> None:
    async with servers(hold) as addresses:
        client = Client(**connection(*addresses), request_timeout_ms=2_500)
        with pytest.raises(KafkaConnectionError):
            await client.bootstrap()
        assert len(held) == CONNECTIONS
        await client.close()


async def test_a_host_that_refuses_or_hangs_up_is_asked_once() -> None:
    met = []

    def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(writer)
        writer.transport.abort()

    async with servers(count) as addresses:
        client = Client(**connection(*addresses, nobody()), request_timeout_ms=2_500)
        with pytest.raises(KafkaConnectionError):
            await client.bootstrap()
        assert len(met) == 1
        await client.close()


async def test_brokers_that_say_nothing_are_passed_over_and_named() -> None:
    async with servers(hold, hold) as addresses:
        client = Client(**connection(*addresses), request_timeout_ms=60_000)
        named(client, *addresses, nobody())
        async with asyncio.timeout(3 * SILENT_AFTER_SECONDS):
            with pytest.raises(NodeNotReadyError, match=addresses[0]):
                await client.ask(MetadataRequest([]))
        await client.close()


async def test_that_nobody_tells_the_topics_is_worth_another_question() -> None:
    async with servers(hold) as addresses:
        client = Client(**connection(*addresses), request_timeout_ms=60_000)
        named(client, *addresses)
        with pytest.raises(KafkaConnectionError) as failure:
            await client.fetch_all_metadata()
        assert failure.value.retriable
        await client.close()


async def test_no_broker_waits_for_the_connection_to_a_silent_one() -> None:
    async with servers(hold, hang_up) as addresses:
        client = Client(**connection(*addresses), request_timeout_ms=60_000)
        named(client, *addresses)
        waiting = asyncio.create_task(client.ready(1))
        await asyncio.sleep(0)
        assert not await client.ready(2)
        assert not waiting.done()
        assert not await waiting
        await client.close()


async def test_who_was_silent_is_asked_last() -> None:
    async with servers(hold, hold, hold) as addresses:
        client = Client(**connection(*addresses), request_timeout_ms=60_000)
        named(client, *addresses)
        assert not await client.ready(2)
        assert {client.nodes()[-1] for _ in range(20)} == {2}
        assert 2 not in {client.get_random_node() for _ in range(20)}
        await client.close()


@pytest.mark.parametrize(
    ("kinds", "lasts", "says"),
    [
        ([], True, None),  # nobody listens
        ([hold], False, None),
        ([hang_up], False, "hangs up; does it speak PLAINTEXT there"),
        ([hold, hang_up], False, "hangs up; does it speak PLAINTEXT there"),
    ],
)
async def test_only_what_lasts_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, kinds: list[Serve], lasts: bool, says: str | None
) -> None:
    monkeypatch.setattr("service.kafka.client.connection_errors.PATIENCE_SECONDS", 0.5)
    async with servers(*kinds) as addresses:
        met = await greeting(connection(nobody(), *addresses))
    assert met.lasts is lasts
    assert (met.refusal is None) is (says is None)
    assert says is None or says in str(met.refusal)


async def test_who_hangs_up_is_tried_again_before_that_is_told() -> None:
    attempts = 0

    async def ask() -> None:
        nonlocal attempts
        attempts += 1
        raise KafkaConnectionError

    async with servers(hang_up) as addresses:
        with pytest.raises(RefusalError, match="hangs up"):
            await patiently(connection(*addresses), ask, within=2.0)
    assert attempts > 1


async def test_where_nobody_listens_the_line_asks_whether_kafka_runs() -> None:
    address = nobody()

    async def ask() -> None:
        raise KafkaConnectionError

    with pytest.raises(RefusalError) as refused:
        await patiently(connection(address), ask)
    why = "nothing listens there, or there is no such host: is Kafka running, and is this its address?"
    assert str(refused.value) == f"KAFKA_BOOTSTRAP_SERVERS: {address}: {why}"


async def test_where_nobody_listens_is_not_tried_again() -> None:
    attempts = 0

    async def ask() -> None:
        nonlocal attempts
        attempts += 1
        raise KafkaConnectionError("refused")

    with pytest.raises(RefusalError, match="nothing listens there"):
        await patiently(connection(nobody()), ask)
    assert attempts == 1


async def test_what_kafka_will_say_again_is_not_asked_again() -> None:
    attempts = 0

    async def ask() -> None:
        nonlocal attempts
        attempts += 1
        raise TopicAuthorizationFailedError

    async with servers(hang_up) as addresses:
        with pytest.raises(RefusalError):
            await patiently(connection(*addresses), ask)
    assert attempts == 1


async def test_an_answer_after_a_failure_is_the_answer() -> None:
    failures = iter([KafkaConnectionError(), TimeoutError()])

    async def ask() -> str:
        for failure in failures:
            raise failure
        return "yes"

    async with servers(hang_up) as addresses:
        assert await patiently(connection(*addresses), ask) == "yes"
