"""Records as somebody may write them who means no good, or who knows nothing of the contract."""

import itertools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from schemas.instant import written
from service.events.structured import LARGEST_BYTES
from service.kafka.codec.partitioner import murmur2
from service.sla.history import MOST_FACTS
from tests.kafka.test_codec_law import headers, near_events

BROKERS_LIMIT = 1_000_000  # bytes of a value that the input still takes, alone in its batch
AT_ONCE = 20  # records of one example: hypothesis bounds how much that may be
LARGE = 300  # one harmful record of so many is as large as is looked at, or larger
POOL = 2_000  # records that hypothesis draws
OVERDUE = 0.2  # of the complaints; the others come due in hours
LOADED, PARTITIONS = 0, 6  # the partition of all full tickets, of so many
LATE = "L-"  # how the tickets of overdue complaints begin
OTHERS = (
    (),
    [("x", None), ("x", b"\xff")],
    [("traceparent", b"00-1-1-01")],
)  # headers that say nothing to us
STRUCTURED = ("content-type", b"application/cloudevents+json")


class Hostile(NamedTuple):
    """A record to be written, and what has to become of it."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    astray: int = 0  # partitions beyond the one where its key belongs
    good: bool | None = None  # True: judged, False: put aside; None: either, but one of them


def received(ticket: str, time: int) -> dict[str, Any]:
    """A complaint, in structured mode. `time` in ms."""
    return {
        "specversion": "1.0",
        "id": f"{ticket}-1",
        "source": "/desk",
        "type": "complaint.received",
        "subject": ticket,
        "time": written(time),
        "data": {"customer_id": "C-1", "channel": "phone"},
    }


def structured(event: dict[str, Any], good: bool | None = None) -> Hostile:
    """As one would write it."""
    subject = event.get("subject")
    key = subject.encode(errors="replace") if isinstance(subject, str) else b"T-1"
    return Hostile(key, json.dumps(event).encode(), [STRUCTURED], good=good)


def _binary(event: dict[str, Any]) -> Hostile:
    said = [(f"ce_{name}", text.encode()) for name, text in event.items() if name != "data"]
    value = json.dumps(event["data"]).encode()
    return Hostile(
        event["subject"].encode(), value, [("content-type", b"application/json"), *said], good=True
    )


def _with(**attributes: object) -> Callable[[dict[str, Any], random.Random], Hostile]:
    return lambda event, _: structured(event | attributes, good=False)._replace(key=event["subject"].encode())


def _but(**changes: Any) -> Callable[[dict[str, Any], random.Random], Hostile]:
    return lambda event, _: structured(event, good=False)._replace(**changes)


def _cut(event: dict[str, Any], dice: random.Random) -> Hostile:
    whole = structured(event, good=False)
    return whole._replace(value=(whole.value or b"")[: dice.randrange(1, 150)])


def _twice(event: dict[str, Any], dice: random.Random) -> Hostile:
    record = _binary(event)
    said = dice.choice([header for header in record.headers if header[0].startswith("ce_")])
    return record._replace(headers=[*record.headers, said], good=False)


def _large(event: dict[str, Any], dice: random.Random) -> Hostile:
    size = dice.choice([LARGEST_BYTES, LARGEST_BYTES + 1, BROKERS_LIMIT])
    whole = structured(event, good=False)
    return whole._replace(value=(whole.value or b"").ljust(size))


HARM = (
    _cut,
    _twice,
    _but(value=None),
    _but(value=b"\xff\xfe"),
    _but(key=None),
    _but(key=b"\xff"),
    _but(key=b"somebody else"),
    _but(astray=1),
    _but(headers=[("content-type", b"application/cloudevents-batch+json")]),
    _but(headers=[STRUCTURED, ("ce_x", None), ("ce_x", b"\xff")]),
    _with(type="complaint.unheard_of"),
    _with(time="2026-03-02T09:00:00"),
    _with(time="1999-12-31T23:59:59Z"),
    _with(time="9999-12-31T23:59:59Z"),
    _with(specversion="0.3"),
    _with(data=None),
    _with(data="text"),
    _with(tenant="a@b"),
    _with(subject=" "),
)

any_bytes = st.builds(Hostile, st.none() | st.binary(max_size=20), st.none() | st.binary(), headers)
nearly_right = near_events().map(structured)


def drawn(many: int, number: int) -> list[Hostile]:
    """Any bytes, and events that are nearly right, as hypothesis finds them."""
    found: list[Hostile] = []

    @seed(number)
    @settings(
        max_examples=many // AT_ONCE + 1,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(any_bytes | nearly_right, min_size=AT_ONCE, max_size=AT_ONCE))
    def collect(more: list[Hostile]) -> None:
        found.extend(more)

    collect()
    return found


def made(many: int, now: int, number: int = 1) -> Iterator[Hostile]:
    """So many records; the same for the same `number` and `now` (ms)."""
    dice = random.Random(number)
    pool = drawn(min(many // 5, POOL), number)
    for _ in range(many):
        overdue = dice.random() < OVERDUE
        long = dice.randrange(3_600_000)
        time = now - long if overdue else now + 3_600_000 + long
        event = received(f"{LATE if overdue else 'H-'}{dice.getrandbits(60)}", time)
        kind = dice.random()
        if kind < 0.3:  # parts of what was drawn, put together anew
            key, value, said = (dice.choice(pool) for _ in range(3))
            yield Hostile(key.key, value.value, (said if kind < 0.1 else value).headers)
        elif kind < 0.6:
            yield (_large if dice.randrange(LARGE) == 0 else dice.choice(HARM))(event, dice)
        else:
            record = dice.choice([structured, _binary])(event)
            yield record._replace(headers=[*record.headers, *dice.choice(OTHERS)], good=True)


def full(many: int, now: int, number: int = 1) -> Iterator[Hostile]:
    """So many facts of tickets in partition LOADED, each of them with one more than a ticket may have."""
    names = (f"F-{number}-{n}" for n in itertools.count())
    tickets = (name for name in names if murmur2(name.encode(), PARTITIONS) == LOADED)
    for ticket in itertools.islice(tickets, many // (MOST_FACTS + 1)):
        complaint = received(ticket, now + 3_600_000)
        yield structured(complaint, good=True)
        for n in range(MOST_FACTS):
            what = {"id": f"{ticket}-{n:030d}", "type": "complaint.reassigned", "data": {"team": f"team-{n}"}}
            yield structured(complaint | what, good=n < MOST_FACTS - 1)


KINDS: dict[str, Callable[[int, int, int], Iterator[Hostile]]] = {"any": made, "full": full}
