"""What billing has of a ticket that was forgotten is put right by what is said of it later, in a later epoch.

The clock of the second worker is 401 days ahead; the topics date their records by their writers, so that no
broker contradicts it.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

from examples.consumer import Bill
from service.kafka.codec.record import Record
from tests.broker.log import read
from tests.broker.rig import BY_THE_WRITER, Rig, event, new_rig
from tests.broker.test_task import told

DAY = 86_400_000  # ms
RETENTION = 400 * DAY
DATED = 1_780_000_000_000  # 2026-05-28
TARGET = 1_000
ANY_TIME = BY_THE_WRITER | {"message.timestamp.after.max.ms": str(2**62)}
RECEIVED = event("T1", "received", DATED)
IN_TIME = event("T1", "response_started", DATED + TARGET)
TOO_LATE = event("T1", "response_started", DATED + TARGET + 1)
MISTAKE = event("T1", "voided", DATED + 2 * TARGET, event_id=f"T1-response_started-{DATED + TARGET}")


async def rigs(bootstrap: str) -> tuple[Rig, Rig]:
    """One before, and the same after the retention."""
    before = replace(await new_rig(bootstrap, target=TARGET, config=ANY_TIME), retention=RETENTION)
    return before, replace(before, ahead=RETENTION + DAY)


async def forgotten(rig: Rig) -> None:
    """Return once the last state of T1 is a tombstone."""
    async with asyncio.timeout(30):
        while True:
            states = await read(rig.bootstrap, rig.topics.tickets)
            ours = [record.value for record in states if record.key == b"T1@default"]
            if ours and ours[-1] is None:
                return


def charged(records: Sequence[Record]) -> set[str]:
    bill = Bill()
    for record in records:
        bill.apply(dict(record.headers)["ce_type"].decode(), json.loads(record.value))
    return set(bill.charges().values())


async def billed(rig: Rig) -> set[str]:
    return charged(await read(rig.bootstrap, rig.topics.breaches))


async def test_a_false_charge_does_not_stay(bootstrap: str) -> None:
    before, after = await rigs(bootstrap)
    async with before.worker():
        await before.publish([RECEIVED, TOO_LATE])
        assert told(await before.announced(at_least=2))[-1] == ("T1", "breach_settled", "minor", 2)
    assert await billed(before) == {"minor"}
    async with after.worker():
        await forgotten(after)
        await after.publish([RECEIVED])
        await after.announced(at_least=4)
        await after.publish([IN_TIME])
        said = told(await after.announced(at_least=7))
    assert ("T1", "breach_retracted", "minor", 2) in said  # not more than was said before: the epoch counts
    assert await billed(after) == set()


async def test_a_true_charge_is_not_lost(bootstrap: str) -> None:
    before, after = await rigs(bootstrap)
    async with before.worker():
        await before.publish([RECEIVED])
        await before.announced(at_least=2)
        await before.publish([IN_TIME])
        await before.announced(at_least=5)
    assert await billed(before) == set()
    async with after.worker():
        await forgotten(after)
        await after.publish([RECEIVED, IN_TIME, MISTAKE])
        said = told(await after.announced(at_least=7))
    assert said.count(("T1", "breached", "major", 1)) == 2
    assert await billed(after) == {"major"}


async def test_a_ticket_that_is_reopened_after_it_was_forgotten_is_judged(bootstrap: str) -> None:
    before, after = await rigs(bootstrap)
    reopened = DATED + 300 * DAY
    async with before.worker():
        await before.publish([RECEIVED, IN_TIME])
        await before.announced(at_least=1)
    async with after.worker():
        await forgotten(after)
        await after.publish([event("T1", "reopened", reopened, customer_id="C1", channel="phone")])
        records = await after.announced(at_least=3)
    breaches = [json.loads(record.value) for record in records if record.topic == after.topics.breaches]
    assert {(said["cycle"], said["level"]) for said in breaches} == {(reopened, "minor"), (reopened, "major")}
