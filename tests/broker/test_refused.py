"""A partition that only a person can mend: it says why, all others are judged, and it goes on by itself."""

import asyncio
import re
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from schemas.topics import DESKS, LIFECYCLE, TICKETS
from service.clock import now_ms
from service.errors import RefusalError
from service.kafka.client.transactional_producer import discard, open_producer
from service.kafka.codec.partitioner import murmur2
from service.kafka.exactly_once.decision import reset, skip
from service.kafka.exactly_once.repair import TRIES, Decision, PartitionContents, place_of, repair
from tests.broker.live import WITHIN, event, publish, set_up, stopped_after, told
from tests.broker.log import read, write
from tests.broker.rig import Rig, new_rig
from tests.broker.rig import event as rig_event
from tests.broker.service import sla_timer, until

NAMES = [f"T{number}" for number in range(40)]
ILL = [name for name in NAMES if murmur2(name.encode(), 2) == 0]  # tickets of the partition that is refused
WELL = [name for name in NAMES if murmur2(name.encode(), 2) == 1]
NEWER = b"\x03" + bytes(60)


class Site(NamedTuple):
    """A broker, our topics on it, and the environment of commands."""

    bootstrap: str
    prefix: str
    env: dict[str, str]

    def publish(self, ticket: str, kind: str = "received", time: int | None = None) -> None:
        events = [(ticket, event(ticket, kind, now_ms() - 5_000 if time is None else time))]
        asyncio.run(publish(self.bootstrap, self.prefix, 2, events))

    def told_of(self, ticket: str) -> list[tuple[str, str | None, int]]:
        """Type, level and revision, once there is any."""

        async def wait() -> list[tuple[str, str | None, int]]:
            async with asyncio.timeout(WITHIN):
                while not (found := self._of(ticket, await told(self.bootstrap, self.prefix))):
                    pass
            return found

        return asyncio.run(wait())

    @staticmethod
    def _of(ticket: str, rows: list[tuple[str, str, str | None, int]]) -> list[tuple[str, str | None, int]]:
        return [(type_, level, revision) for name, type_, level, revision in rows if name == ticket]

    def state_of(self, ticket: str) -> bytes:
        """As the changelog has it last."""
        records = asyncio.run(read(self.bootstrap, self.prefix + TICKETS.name))
        (*_, last) = [record.value for record in records if record.key == f"{ticket}@default".encode()]
        assert last
        return last

    async def admin(self, change: str, topic: str, offset: int = -1) -> None:
        """`delete` what lies below offset in partition 0; or make the topic `anew`."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            if change == "delete":
                await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(offset)})
                return
            await admin.delete_topics([topic])
            while True:  # the name is free once the deletion is through
                answer = await admin.create_topics([NewTopic(topic, 2, 1)])
                if not any(code for _, code, *_ in answer.topic_errors):
                    return
        finally:
            await admin.close()


@pytest.fixture
def site(bootstrap: str, prefix: str, tmp_path: Path) -> Site:
    return Site(bootstrap, prefix, set_up(bootstrap, prefix, tmp_path, partitions=2))


@contextmanager
def ready(site: Site) -> Iterator[httpx.Client]:
    with stopped_after(site.env) as client:
        until(client, "/readyz", lambda answer: answer.status_code == 200)
        yield client


def why(client: httpx.Client, partition: str) -> str:
    """The reason for which it is refused, once it is."""
    until(client, "/readyz", lambda answer: partition in answer.json().get("refused", {}))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    return str(answer.json()["refused"][partition])


def mend(site: Site, reason: str) -> str:
    """Do what the reason says."""
    command = re.search(r"sla-timer (partition \S+ \S+(?: --(?:offset|key) (?:'[^']*'|\S+))?)", reason)
    assert command, reason
    arguments = shlex.split(command[1])
    asked = sla_timer(*arguments, env=site.env)
    assert (asked.returncode, asked.stderr.count("\n")) == (2, 1), asked
    assert asked.stderr.endswith("; say --yes if this is what you want\n")
    done = sla_timer(*arguments, "--yes", env=site.env)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def is_judged_again(site: Site, client: httpx.Client, ticket: str) -> None:
    until(client, "/readyz", lambda answer: answer.status_code == 200)
    site.publish(ticket)
    site.told_of(ticket)
    partition = f'{{partition="0",topic="{site.prefix}{LIFECYCLE.name}"}}'
    assert f"\nsla_partition_refused{partition} 0.0\n" in client.get("/metrics").text


def test_records_deleted_before_they_were_judged_are_skipped_by_whoever_says_so(site: Site) -> None:
    lifecycle = site.prefix + LIFECYCLE.name
    ill = f"{lifecycle}-0"
    with ready(site):
        site.publish(ILL[0])
        site.told_of(ILL[0])
    site.publish(ILL[1])
    site.publish(ILL[2])
    asyncio.run(site.admin("delete", lifecycle, 3))
    with stopped_after(site.env) as client:
        reason = why(client, ill)
        assert "offset 1 is next, but the log begins at 3" in reason
        site.publish(WELL[0])
        site.told_of(WELL[0])
        assert (
            f'\nsla_partition_refused{{partition="0",topic="{lifecycle}"}} 1.0\n'
            in client.get("/metrics").text
        )
        assert "goes on at offset 3; up to 2 records, offsets 1 to 2, are never judged" in mend(site, reason)
        is_judged_again(site, client, ILL[3])
    assert asyncio.run(told(site.bootstrap, site.prefix)) == sorted(
        [(name, *one) for name in (ILL[0], ILL[3], WELL[0]) for one in site.told_of(name)], key=str
    )
    nothing = sla_timer("partition", "skip", ill, "--yes", env=site.env)
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "nothing is skipped" in nothing.stderr


def test_a_topic_that_was_created_anew_is_read_from_its_beginning_and_all_tickets_are_kept(
    site: Site,
) -> None:
    lifecycle, at = site.prefix + LIFECYCLE.name, now_ms() - 60_000
    with ready(site):
        site.publish(ILL[0], time=at)
        site.publish(ILL[1])
        site.told_of(ILL[0])
        site.told_of(ILL[1])
    asyncio.run(site.admin("anew", lifecycle))
    with stopped_after(site.env) as client:
        reason = why(client, f"{lifecycle}-0")
        assert "offset 2 is next, but the log ends at 0" in reason
        site.publish(WELL[0])
        site.told_of(WELL[0])
        site.publish(ILL[0], time=at)  # known already
        site.publish(ILL[0], "response_started")
        assert "again from offset 0 to 2; offset 2 would have been next" in mend(site, reason)
        is_judged_again(site, client, ILL[3])
        assert site.told_of(ILL[0]) == [("breach_settled", "minor", 2), ("breached", "minor", 1)]
    with ready(site) as client:  # the changelog still has the records of before
        is_judged_again(site, client, ILL[4])


@pytest.mark.parametrize(
    ("topic", "key", "value", "problem"),
    [
        (TICKETS.name, b"\xff", bytes(60), "key 0xff: its key is not UTF-8"),
        (TICKETS.name, b"T0@def", b"\x01", "key T0@def: its value is no state of a ticket"),
        (
            TICKETS.name,
            b"T0@def",
            NEWER,
            "key T0@def: the changelog holds state of version 3, this one reads up to 2",
        ),
        (DESKS.name, b"D@def", b"{}", "key D@def: its value is no state of a ticket"),
    ],
    ids=["key", "value", "newer", "desk"],
)
def test_state_that_nobody_can_read_is_named_and_given_up_by_whoever_says_so(
    site: Site, topic: str, key: bytes, value: bytes, problem: str
) -> None:
    changelog = site.prefix + topic
    source = site.prefix + (LIFECYCLE.name if topic == TICKETS.name else "support.channels")
    with ready(site) as client:
        asyncio.run(write(site.bootstrap, changelog, [(0, key, value)]))
    with stopped_after(site.env) as client:
        reason = why(client, f"{source}-0")
        (at,) = [
            record.offset for record in asyncio.run(read(site.bootstrap, changelog)) if record.key == key
        ]
        assert reason.startswith(f"topic {changelog}, partition 0, offset {at}, {problem}"), reason
        site.publish(WELL[0])
        site.told_of(WELL[0])
        assert f"{changelog}-0: gives up key " in mend(site, reason)
        is_judged_again(site, client, ILL[0])
    records = asyncio.run(read(site.bootstrap, changelog))
    assert [record.value for record in records if record.key == key] == [value, None]


def test_state_whose_content_nobody_can_read_is_found_when_its_ticket_is_touched(site: Site) -> None:
    changelog, key = f"{site.prefix}{TICKETS.name}", f"{ILL[0]}@default"
    with ready(site):
        site.publish(ILL[0])
        site.told_of(ILL[0])
    known = site.state_of(ILL[0])
    asyncio.run(write(site.bootstrap, changelog, [(0, key.encode(), known[:-2])]))
    with ready(site) as client:
        site.publish(ILL[1])
        site.told_of(ILL[1])  # nobody has touched it yet
        site.publish(ILL[0], "reassigned")
        reason = why(client, f"{site.prefix}{LIFECYCLE.name}-0")
        assert reason.startswith(f"{changelog}-0, key {key}: its value is no state of a ticket")
        site.publish(WELL[0])
        site.told_of(WELL[0])
        mend(site, reason)
        until(client, "/readyz", lambda answer: answer.status_code == 200)
        site.publish(ILL[2])
        site.told_of(ILL[2])
        assert site.told_of(ILL[0]) == [("breached", "minor", 1)]


def test_an_operator_who_names_nothing_of_ours_is_told_so(site: Site) -> None:
    for arguments, says in [
        (["skip", "elsewhere-0"], "'elsewhere-0' is no partition of"),
        (["skip", f"{site.prefix}sla.tickets-0"], "is no partition of"),
        (["forget", f"{site.prefix}complaints.lifecycle-0", "--offset", "1"], "is no partition of"),
        (["reset", f"{site.prefix}complaints.lifecycle-7"], "complaints.lifecycle has 2 partitions"),
        (["forget", f"{site.prefix}sla.tickets-0"], "say which: --offset, --key or --unreadable"),
    ]:
        ended = sla_timer("partition", *arguments, "--yes", env=site.env)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
        assert says in ended.stderr


async def _act(rig: Rig, decide, agree=lambda _: None) -> str:
    connection = {"bootstrap_servers": rig.bootstrap}
    place = place_of(rig.topics.lifecycle, rig.topics.tickets, 0)
    return await repair(connection, rig.group, place, {}, decide, agree)


async def test_who_is_fenced_while_it_repairs_has_changed_nothing(bootstrap: str) -> None:
    rig = await new_rig(bootstrap)
    await rig.publish([rig_event("T1", "received", now_ms())])
    async with rig.worker():
        await rig.announced(at_least=2)
    before = await read(bootstrap, rig.topics.tickets)

    async def take_back() -> None:
        name = f"{rig.group}-{rig.topics.lifecycle}-0"
        await discard(await open_producer({"bootstrap_servers": bootstrap}, name))

    seen: list[PartitionContents] = []

    def decide(found: PartitionContents) -> Decision:
        seen.append(found)
        if len(seen) > 1:  # it fences us whenever we have fenced it
            owner = threading.Thread(target=lambda: asyncio.run(take_back()))
            owner.start()
            owner.join()
        return reset(found)

    with pytest.raises(RefusalError, match="its owner took it back: nothing was changed, so try again"):
        await _act(rig, decide)
    assert await read(bootstrap, rig.topics.tickets) == before
    assert len(seen) == 1 + TRIES
    async with rig.worker():
        await rig.publish([rig_event("T2", "received", now_ms())])
        await rig.announced(at_least=4)


async def test_state_of_more_than_a_transaction_takes_is_rewritten_whole(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, target=3_600_000)
    await rig.publish(rig_event(f"T{number}", "received", now_ms()) for number in range(50))
    async with rig.worker() as worker:
        async with asyncio.timeout(WITHIN):
            while len(await read(bootstrap, rig.topics.tickets)) < 50:
                pass
        said = await _act(rig, lambda found: reset(found)._replace(at_once=2_000))  # while it runs
        assert "keeps what" in said
        assert "(50)" in said
        await rig.publish([rig_event("T99", "received", now_ms() - 7_300_000)])
        await rig.announced(at_least=2)
        assert {status.tickets for status in worker.status().values()} == {51}


async def test_records_can_be_passed_over_while_the_service_runs(bootstrap: str) -> None:
    rig = await new_rig(bootstrap)
    await rig.publish(rig_event(f"T{number}", "received", now_ms()) for number in range(3))
    await _act(rig, lambda found: skip(found, 2))
    async with rig.worker():
        assert {record.key for record in await rig.announced(at_least=2)} == {b"T2"}


def test_the_board_goes_on_and_says_what_nobody_can_read(site: Site) -> None:
    with ready(site):
        site.publish(ILL[0])
        site.told_of(ILL[0])
    known = site.state_of(ILL[0])
    bad = [(0, b"\xff", known), (0, b"A@def", b"\x01"), (1, b"B@def", known[:-2])]
    asyncio.run(write(site.bootstrap, f"{site.prefix}{TICKETS.name}", bad))
    asyncio.run(
        write(site.bootstrap, f"{site.prefix}{DESKS.name}", [(0, b"\xff", b"1"), (0, b"D@def", b"1")])
    )
    with stopped_after(site.env, "board", "--http", "127.0.0.1:0") as client:
        until(client, "/readyz", lambda answer: answer.status_code == 200)
        until(client, "/", lambda answer: "3 tickets cannot be judged here and are not shown" in answer.text)
        assert ILL[0] in client.get("/").text
        assert "2 support desks cannot be judged here" in client.get("/desks").text
