"""Open tickets by the million, as the changelog holds them after the service has judged their receipt."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from bench.cluster import Row
from bench.contestants import ROOT
from service.kafka.codec.partitioner import murmur2
from service.policy.directory import read_policies
from service.sla.facts import Fact, Kind
from service.sla.partition import Arrival
from service.sla.policy import Policies
from service.sla.state import key
from service.sla.tickets import ticket_partition

AT_ONCE = 10_000
RETENTION = 400 * 86_400_000  # ms, the default


def policies(directory: Path = ROOT / "policies") -> Policies:
    """Those that the service judges by."""
    return read_policies(directory).policies


def receipt(ticket: str, time: int, offset: int) -> Arrival:
    """A complaint that arrives at `time` (ms)."""
    data: dict[str, str | int] = {
        "customer_id": f"C-{offset % 50_000}",
        "channel": "phone",
        "complexity": "general",
    }
    fact = Fact(time, Kind.RECEIVED, "/bench/desk", f"{ticket}-0", data, time, 0, offset)
    return (key("default", ticket), fact)


def states(
    count: int, received_at: Callable[[int], int], now: int, *, name: str = "T"
) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of so many tickets: the n-th was received at `received_at(n)`, judged at `now` (ms)."""
    judged_by = policies()
    arrivals = (receipt(f"{name}-{number:08}", received_at(number), number) for number in range(count))
    while some := list(islice(arrivals, AT_ONCE)):
        partition = ticket_partition(judged_by, RETENTION)
        # The input is empty when the service starts on these: they reflect none of its offsets.
        step = partition.step(some, at=now, now=now, offset=-1, grace=0)
        yield from ((name.encode(), value) for name, value in step.changes.items() if value is not None)


def placed(found: Iterable[tuple[bytes, bytes]], partitions: int) -> dict[int, list[Row]]:
    """Changelog records by partition."""
    by_partition: dict[int, list[Row]] = {number: [] for number in range(partitions)}
    for name, value in found:
        ticket_id = name.rpartition(b"@")[0]
        by_partition[murmur2(ticket_id, partitions)].append((name, value, ()))
    return by_partition
