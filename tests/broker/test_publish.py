"""`publish` against a real broker: a file is in the log, keyed and placed as the service expects."""

import asyncio
import io
import json

import pytest
from aiokafka import ConsumerRecord
from aiokafka.partitioner import DefaultPartitioner

from schemas.instant import written
from service.demo.broker import Broker
from service.errors import RefusalError
from service.events.rejection import Rejection
from service.kafka.codec.partitioner import PARTITIONERS
from service.kafka.codec.records import decode
from service.kafka.topics.lifecycle import sending
from service.kafka.topics.whole_tickets import whole_sender
from service.offline.publish import Sending, publish
from tests.broker.log import new_topics, read
from tests.offline.exports import HELPDESK, SAMPLE
from tests.sla.stories import DAY, at

WITHIN = 20  # seconds
NOW = at("20:00") + 60 * DAY


def ways(servers: str, topic: str, partitioner: str = "murmur2") -> Sending:
    """Both ways of sending, as the command has them."""
    connection = {"bootstrap_servers": [servers]}

    whole = whole_sender(
        connection, topic, partitioner=PARTITIONERS[partitioner], group="g", err=io.StringIO()
    )
    return Sending(sending(connection, topic, partitioner), whole)


def send(kafka: Broker, topic: str, partitioner: str = "murmur2", **how: object) -> int:
    return publish(
        str(SAMPLE),
        sending=ways(kafka.bootstrap, topic, partitioner),
        now=NOW,
        mapping=HELPDESK,
        stdin=io.BytesIO(),
        out=io.StringIO(),
        err=io.StringIO(),
        **how,
    )


async def committed(kafka: Broker, name: str, at_least: int = 21) -> list[ConsumerRecord]:
    """The records, once readers see so many: Kafka writes the markers of a commit after it was answered."""
    async with asyncio.timeout(WITHIN):
        while len(records := await read(kafka.bootstrap, name)) < at_least:
            pass
    return records


def topic(kafka: Broker, partitions: int = 3) -> str:
    (name,) = asyncio.run(new_topics(kafka.bootstrap, ["lifecycle"], partitions))
    return name


@pytest.mark.parametrize("rate", [None, 1e6])
@pytest.mark.parametrize("partitioner", ["murmur2", "crc32"])
def test_what_is_published_is_what_the_service_accepts(
    kafka: Broker, partitioner: str, rate: float | None
) -> None:
    name = topic(kafka)
    assert send(kafka, name, partitioner, rate=rate) == 0
    records = asyncio.run(committed(kafka, name))
    assert len(records) == 21
    assert len({record.partition for record in records}) > 1
    for record in records:
        assert not isinstance(decode(record, NOW, 3, PARTITIONERS[partitioner]), Rejection)


def test_murmur2_places_keys_as_the_default_of_the_library_does(kafka: Broker) -> None:
    name = topic(kafka)
    send(kafka, name)
    for record in asyncio.run(committed(kafka, name)):
        assert record.partition == DefaultPartitioner()(record.key, [0, 1, 2], [])


def test_the_events_of_a_ticket_are_in_the_log_in_the_order_of_the_file(kafka: Broker) -> None:
    name = topic(kafka)
    send(kafka, name, rebase=True)
    times: dict[str, list[str]] = {}
    for record in asyncio.run(committed(kafka, name)):
        event = json.loads(record.value)
        times.setdefault(event["subject"], []).append(event["time"])
    assert all(happened == sorted(happened) for happened in times.values())
    assert max(time for happened in times.values() for time in happened) == written(NOW)


def test_a_missing_topic_is_refused_and_not_created(kafka: Broker) -> None:
    for _ in range(2):
        with pytest.raises(
            RefusalError, match=r"topic nowhere: missing; create it with: sla-timer topics ensure"
        ):
            send(kafka, "nowhere")


def test_a_broker_that_does_not_answer_is_refused() -> None:
    with pytest.raises(RefusalError, match=r"KAFKA_BOOTSTRAP_SERVERS: 127\.0\.0\.1:1: "):
        publish(
            str(SAMPLE),
            sending=ways("127.0.0.1:1", "any"),
            now=NOW,
            mapping=HELPDESK,
            stdin=io.BytesIO(),
            out=io.StringIO(),
            err=io.StringIO(),
        )
