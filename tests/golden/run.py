"""What goes out in a run that never changes: every byte of it, as one number for each topic.

Run as a program it writes golden.json anew: only when what goes out is meant to change.
"""

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path

from aiokafka import TopicPartition

from service.kafka.codec.partitioner import murmur2
from service.kafka.exactly_once.context import OwnerSettings, Topics
from service.kafka.exactly_once.outputs import Outputs
from service.kafka.exactly_once.source import Input, channels, complaints
from service.kafka.exactly_once.transaction import Outgoing
from service.kafka.exactly_once.turn import Instants, TurnLimits, Turns
from tests.golden.inputs import Case, cases
from tests.sla.stories import DAY

KEPT = Path(__file__).with_name("golden.json")
TOPICS = Topics("sla.breaches", "sla.clocks", "complaints.rejected")
TERMS = OwnerSettings({}, "group", TOPICS, (), 0, lambda: 0, murmur2)
CHANNELS = "support.channels"
FAR = 10**14  # ms: no event is dated too far ahead
GRACE = 1_000


def run() -> dict[str, dict[str, int | str]]:
    """By topic: how many records, and a hash of all of them; and how many records and looks went in.

    What one desk says follows in its order; no order is promised, or looked at, among desks.
    """
    hashes, counts = {}, Counter[str]()
    for case in cases():
        counts["in"] += len(case.records)
        counts["looks"] += len(case.looks)
        outgoing = _outgoing(case)
        if case.topic == CHANNELS:
            outgoing.sort(key=lambda out: out.key or b"")
        for out in outgoing:
            topic = out.target.topic
            counts[topic] += 1
            said = (out.target.partition, out.key, out.value, [*map(tuple, out.headers)])
            hashes.setdefault(topic, sha256()).update(repr(said).encode())
    went_in = {name: {"records": counts[name]} for name in ("in", "looks")}
    return went_in | {
        topic: {"records": counts[topic], "sha256": found.hexdigest()}
        for topic, found in sorted(hashes.items())
    }


def _read(case: Case) -> Input:
    make = channels if case.topic == CHANNELS else complaints
    return make(case.topic, "sla.tickets" if make is complaints else "sla.desks", case.policies, 35 * DAY)


def _outgoing(case: Case) -> list[Outgoing]:
    read, source = _read(case), TopicPartition(case.topic, 0)
    changelog = TopicPartition(read.changelog, 0)
    outputs = Outputs(TERMS, dict.fromkeys((*TOPICS, case.topic), 1), source, changelog)
    turns, found, begin = Turns(read, read.empty(lambda _: True), outputs, 1, murmur2), [], 0
    for taken, at, now in case.looks:
        turn = turns.begin(TurnLimits(), Instants(now, FAR, at, GRACE))
        turn.take(case.records[begin:taken], taken)
        for _ in turn.work():
            pass
        found += turn.outgoing
        begin = taken
    return found


if __name__ == "__main__":
    KEPT.write_text(json.dumps(run(), indent=1) + "\n", encoding="utf-8")
