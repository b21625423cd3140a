"""A search for the record that costs most: as large as one may be, and made of whatever takes long to read.

Run as a program: [SECONDS]. It draws kinds of records, mutates the costliest, and prints what they take: the
longest that the loop is held by any of their stages, in ms. What it found once is in costly_kinds.json, for
the test to try again.
"""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from math import inf
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.producer.message_accumulator import BatchBuilder

from service.events.structured import LARGEST_BYTES
from service.kafka.client.patches import patch_aiokafka
from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.record import Record
from service.kafka.exactly_once.context import OwnerSettings, Topics
from service.kafka.exactly_once.outputs import Outputs
from service.kafka.exactly_once.source import complaints
from service.kafka.exactly_once.turn import Instants, TurnLimits, Turns
from service.telemetry.gc_tuning import collect_seldom
from tests.broker.rig import policies

patch_aiokafka()
NOW = 1_772_413_265_000  # ms: 2026-03-02T01:01:05Z
SOURCE, CHANGELOG = TopicPartition("complaints.lifecycle", 0), TopicPartition("sla.tickets", 0)
TOPICS = Topics("sla.breaches", "sla.clocks", "complaints.rejected")
COUNTS = dict.fromkeys((*TOPICS, SOURCE.topic), 1)
TERMS = OwnerSettings({}, "group", TOPICS, (), 0, lambda: 0, murmur2)
READ = complaints(SOURCE.topic, CHANGELOG.topic, policies(1_000), 35 * 86_400_000)
LIMIT = LARGEST_BYTES - 1_000  # bytes of bulk that leave room for the rest of an event
STRUCTURED, BINARY = b"application/cloudevents+json", b"application/json"

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/desk",
    "type": "complaint.received",
    "subject": "T-1",
    "time": "2026-03-02T01:01:00Z",
    "data": {"customer_id": "C-1", "channel": "phone"},
}

TOKENS = (
    "[", "]", "{", "}", "[]", "{}", '""', '"a"', '"a":', '"a":1', ",", ":", ";", "=", '"', "/*", "@", "T",
    "+", "a", "1", "-1", "1.5", "1e9", "1e-400", "1E400", "1.7976931348623157e308", "2.2250738585072011e-308",
    "9007199254740993.0000000001", "0." + "1" * 40, "1" * 20, "null", "true", "NaN", "charset=utf-8",
    " ", "\n", "\\u0041", "\\ud83d\\ude00", "\\", '\\"', "é", "\u200b", "\U00020000", "\x00",
)  # fmt: skip
WRAPS: dict[str, tuple[str, str]] = {
    "as it is": ("", ""),
    "array": ("[", "1]"),
    "string": ('"', '"'),
    "object": ('{"z":1', "}"),
}

Headers = list[tuple[str, bytes | None]]
Made = tuple[bytes | None, bytes | None, Headers]  # key, value, headers


def _json(**changes: object) -> str:
    return json.dumps(EVENT | changes)


def _field(name: str) -> Callable[[str], Made]:
    """Bulk as the text of an attribute, as it is: the JSON may not be valid."""
    return lambda bulk: (
        b"T-1",
        (_json()[:-1] + f', "{name}": {bulk or 1}}}').encode(),
        [("content-type", STRUCTURED)],
    )


def _of_data(name: str) -> Callable[[str], Made]:
    data = json.dumps(EVENT["data"])[:-1]

    def made(bulk: str) -> Made:
        value = _json(data=None)[:-1] + f', "data": {data}, "{name}": {bulk or 1}}}}}'
        return b"T-1", value.encode(), [("content-type", STRUCTURED)]

    return made


def _binary(*more: tuple[str, bytes | None]) -> Headers:
    said = [(f"ce_{name}", text.encode()) for name, text in EVENT.items() if name != "data"]
    return [("content-type", BINARY), *said, *more]


def _many_headers(name: str, bulk: str) -> Headers:
    each = bulk[:32]
    return [(name or f"{number:x}", each.encode()) for number in range(max(1, LIMIT // (len(each) + 6)))]


def _content_type(bulk: str) -> Made:
    return b"T-1", _json().encode(), [("content-type", (STRUCTURED.decode() + ";" + bulk).encode())]


_DATA = json.dumps(EVENT["data"]).encode()
PLACES: dict[str, Callable[[str], Made]] = {
    "unknown field": _field("x"),
    "null tenant, unknown field": lambda bulk: _field("x")(f'{bulk or 1}, "tenant": null'),
    "tenant": _field("tenant"),
    "id": _field("id"),
    "source": _field("source"),
    "time": _field("time"),
    "type": _field("type"),
    "datacontenttype": _field("datacontenttype"),
    "traceparent": _field("traceparent"),
    "data": _field("data"),
    "data_base64": _field("data_base64"),
    "data.unknown": _of_data("x"),
    "data.category": _of_data("category"),
    "data.channel": _of_data("channel"),
    "data.customer_id": _of_data("customer_id"),
    "content-type": _content_type,
    "content-type of binary": lambda bulk: (b"T-1", _DATA, [("content-type", bulk.encode()), *_binary()[1:]]),
    "value": lambda bulk: (b"T-1", bulk.encode(), []),
    "value, structured": lambda bulk: (b"T-1", bulk.encode(), [("content-type", STRUCTURED)]),
    "value, binary": lambda bulk: (b"T-1", bulk.encode(), _binary()),
    "key": lambda bulk: (bulk.encode(), _json().encode(), [("content-type", STRUCTURED)]),
    "ce_id": lambda bulk: (b"T-1", _DATA, [*_binary()[:2], ("ce_id", bulk.encode()), *_binary()[3:]]),
    "ce_time": lambda bulk: (b"T-1", _DATA, [*_binary()[:-1], ("ce_time", bulk.encode())]),
    "ce_traceparent": lambda bulk: (b"T-1", _DATA, _binary(("ce_traceparent", bulk.encode()))),
    "header": lambda bulk: (b"T-1", _DATA, _binary(("x", bulk.encode()))),
    "header name": lambda bulk: (b"T-1", _DATA, _binary((bulk.replace("\x00", "0"), b""))),
    "many headers": lambda bulk: (b"T-1", _DATA, _binary(*_many_headers("", bulk))),
    "many headers of one name": lambda bulk: (b"T-1", _DATA, _binary(*_many_headers("x", bulk))),
    "many ce_ headers of one name": lambda bulk: (b"T-1", _DATA, _binary(*_many_headers("ce_x", bulk))),
    "many nameless headers": lambda bulk: (b"T-1", None, [("", None)] * (len(bulk) // 2)),
}


class Kind(NamedTuple):
    """A kind of record: `piece` again and again until it is as large as a record may be."""

    place: str
    wrap: str
    piece: str

    def made(self) -> Made:
        """One of them."""
        begin, end = WRAPS[self.wrap]
        piece = self.piece if self.wrap != "object" else "," + self.piece
        many = LIMIT // max(1, len(piece.encode()))
        return PLACES[self.place](begin + piece * many + end)


def stages(kind: Kind) -> Iterator[tuple[str, float]]:
    """What each stage that lets nobody else go on takes, in seconds of CPU; and what became of the record."""
    key, value, headers = kind.made()
    built = BatchBuilder(1 << 30, 0)
    assert built.append(timestamp=NOW, key=key, value=value, headers=headers)
    log = bytes(built._build())
    began = time.thread_time()
    read = fetcher.PartitionRecords(SOURCE, fetcher.MemoryRecords(log), [], 0, None, None, True, 1)
    records: list[Record] = read.give(inf)
    yield "unpack", time.thread_time() - began
    outputs = Outputs(TERMS, COUNTS, SOURCE, CHANGELOG)
    turns = Turns(READ, READ.empty(lambda _: True), outputs, 1, murmur2)
    turn = turns.begin(TurnLimits(), Instants(NOW, NOW, NOW, grace=0))
    turn.take(records, 1)
    work = turn.work()
    while True:
        began = time.thread_time()
        ended = next(work, turn) is turn
        yield "step", time.thread_time() - began
        if ended:
            break
    began = time.thread_time()
    packed = BatchBuilder(1 << 30, 0)
    for out in turn.outgoing:
        packed.append(timestamp=NOW, key=out.key, value=out.value, headers=list(out.headers))
    yield "pack", time.thread_time() - began


def cost(kind: Kind, runs: int = 1) -> tuple[float, str]:
    """Seconds of the longest stage, the least of some runs; and which it was."""
    return min(max((seconds, name) for name, seconds in stages(kind)) for _ in range(runs))


def drawn(dice: random.Random) -> Kind:
    """Any kind."""
    piece = "".join(dice.choice(TOKENS) for _ in range(dice.choice((1, 1, 2, 2, 3, 5))))
    return Kind(dice.choice(list(PLACES)), dice.choice(list(WRAPS)), piece)


def mutated(kind: Kind, dice: random.Random) -> Kind:
    """Nearly the same."""
    match dice.randrange(4):
        case 0:
            return kind._replace(place=dice.choice(list(PLACES)))
        case 1:
            return kind._replace(wrap=dice.choice(list(WRAPS)))
        case 2:
            return kind._replace(piece=(kind.piece + dice.choice(TOKENS))[:200])
        case _:
            cut = dice.randrange(len(kind.piece) + 1)
            return kind._replace(piece=kind.piece[:cut] + dice.choice(TOKENS) + kind.piece[cut + 1 :])


def search(seconds: float, seed: int = 1, keep: int = 40) -> tuple[int, list[Kind]]:
    """How many kinds were tried, and all of them, the costliest first. The costliest `keep` are mutated."""
    dice = random.Random(seed)
    found: dict[Kind, tuple[float, str]] = {}
    until = time.monotonic() + seconds
    best: list[Kind] = []
    while time.monotonic() < until:
        kind = mutated(dice.choice(best), dice) if best and dice.random() < 0.6 else drawn(dice)
        if kind in found or not kind.piece:
            continue
        found[kind] = cost(kind)
        if len(found) % 50 == 0:
            best = sorted(found, key=lambda kind: -found[kind][0])[:keep]
    return len(found), sorted(found, key=lambda kind: -found[kind][0])


def main(seconds: float) -> None:
    """Search, and print the five costliest kinds of each place."""
    collect_seldom()
    tried, found = search(seconds)
    sys.stdout.write(f"{tried} kinds tried\n")
    places = Counter[str]()
    for kind in found:
        places[kind.place] += 1
        if places[kind.place] <= 5:
            again, stage = cost(kind, runs=3)
            sys.stdout.write(f"{again * 1e3:8.2f} ms {stage:7} {json.dumps(kind)}\n")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
