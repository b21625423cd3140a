"""Each kind of bad record between two good ones: it is put aside as it was, they are judged on time."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from service.clock import now_ms
from tests.broker.log import read
from tests.broker.rig import Rig, event, new_rig

BATCH = (("content-type", b"application/cloudevents-batch+json"),)
MARK = ("x", b"\xff\x00")  # of the publisher's own; nobody may touch it
HOUR = 3_600_000


class Bad(NamedTuple):
    """A record that has to be put aside, and why. `beside`: in another partition than its key's."""

    reason: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    beside: bool = False


def changed(good: bytes, **fields: object) -> bytes:
    """An event with some of its fields replaced; None leaves one out."""
    body = json.loads(good) | fields
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


def bad(now: int) -> Iterator[Bad]:
    """The contract's list, in its order."""
    good = event("B", "received", now)[1]
    yield Bad("not_json", b"B", b"\xff no JSON")
    yield Bad("not_a_cloudevent", b"B", b'{"id": "e-1"}')
    yield Bad("null_value", b"B", None)
    yield Bad("batch_mode", b"B", b"[" + good + b"]", BATCH)
    yield Bad("unknown_type", b"B", changed(good, type="complaint.lost"))
    yield Bad("missing_field", b"B", changed(good, data={"channel": "phone"}))
    yield Bad("bad_field", b"B", changed(good, id="Li Lei"))
    yield Bad("time_without_offset", b"B", changed(good, time="2026-03-02T09:00:00"))
    yield Bad("time_out_of_range", b"B", changed(good, time="1999-12-31T23:59:59.999Z"))
    yield Bad("time_out_of_range", b"B", event("B", "received", now + 25 * HOUR)[1])
    yield Bad("key_not_subject", b"C", good)
    yield Bad("key_not_subject", None, good)
    yield Bad("wrong_partition", b"B", good, beside=True)
    yield Bad("too_large", b"B", good.ljust(256 * 1024 + 1))
    yield Bad("too_many_facts", b"FULL", event("FULL", "reassigned", now + 1_000)[1])


async def publish(rig: Rig, kinds: list[Bad], now: int) -> list[tuple[int, int]]:
    """A good record, a bad one, a good one, and so on; gives partition and offset of each bad one."""
    placed = []
    async with AIOKafkaProducer(bootstrap_servers=rig.bootstrap, max_request_size=1 << 20) as producer:
        for number, one in enumerate(kinds):
            partition = rig.partition((one.key or b"B").decode()) ^ one.beside
            await producer.send(rig.topics.lifecycle, *neighbour(rig, f"before-{number}", partition, now))
            sent = await producer.send(
                rig.topics.lifecycle, one.value, one.key, partition, headers=[*one.headers, MARK]
            )
            await producer.send(rig.topics.lifecycle, *neighbour(rig, f"after-{number}", partition, now))
            placed.append(sent)
        return [(record.partition, record.offset) for record in [await sent for sent in placed]]


def neighbour(rig: Rig, name: str, partition: int, now: int) -> tuple[bytes, bytes, int]:
    """Value, key and partition of a receipt of a ticket of that partition."""
    ticket = next(f"{name}-{n}" for n in range(100) if rig.partition(f"{name}-{n}") == partition)
    return event(ticket, "received", now)[1], ticket.encode(), partition


async def test_every_kind_is_put_aside_unchanged_and_its_neighbours_are_judged_on_time(
    bootstrap: str,
) -> None:
    rig = await new_rig(bootstrap, partitions=2, target=2_000)
    await rig.publish([event("FULL", "reassigned", now_ms() + n) for n in range(1_000)])
    async with rig.worker():
        now = now_ms()
        kinds = list(bad(now))
        placed = await publish(rig, kinds, now)
        announced = await rig.announced(at_least=2 * 2 * len(kinds))
        rejected = await read(bootstrap, rig.topics.rejected)
    by_place = {}
    for record in rejected:
        headers = dict(record.headers)
        topic, partition, offset = (
            headers[f"sla_rejected_{what}"] for what in ("topic", "partition", "offset")
        )
        assert topic.decode() == rig.topics.lifecycle
        by_place[int(partition), int(offset)] = record
    assert len(rejected) == len(kinds)
    for one, place in zip(kinds, placed, strict=True):
        record = by_place[place]
        assert (record.key, record.value) == (one.key, one.value), one.reason
        assert list(record.headers[: len(one.headers) + 1]) == [*one.headers, MARK], one.reason
        assert dict(record.headers)["sla_rejected_reason"].decode() == one.reason
    told = [json.loads(record.value) for record in announced]
    assert {(row["level"], row["late_detection"]) for row in told} == {("minor", False), ("major", False)}
    assert len({row["ticket_id"] for row in told}) == 2 * len(kinds)
