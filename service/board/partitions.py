"""The table of partitions: the owner of each, its lag, and the progress of its restore."""

from typing import NamedTuple

from service.board.snapshot import ReachView, Snapshot


class PartitionLine(NamedTuple):
    """One partition of the input and of the state. An unknown value is None."""

    number: int
    owner: str | None
    host: str | None
    lag: int | None  # events that are not judged
    state: str | None  # as its owner reports it
    percent: int | None  # of its restore
    here: int  # per cent of the state that the board has read


def partition_lines(snapshot: Snapshot) -> list[PartitionLine]:
    """Return a line for every partition that the board or the group knows."""
    group = snapshot.group
    numbers = set(snapshot.reaches) | set(range(group.partitions if group else 0))
    states = {number: state for probe in snapshot.services.values() for number, state in probe.states.items()}
    percents = {n: percent for probe in snapshot.services.values() for n, percent in probe.restoring.items()}
    return [
        PartitionLine(
            number,
            group.owners[number].name if group and number in group.owners else None,
            group.owners[number].host if group and number in group.owners else None,
            group.lag.get(number) if group else None,
            states.get(number),
            percents.get(number),
            _here(snapshot.reaches.get(number)),
        )
        for number in sorted(numbers)
    ]


def _here(reach: ReachView | None) -> int:
    if reach is None:
        return 0
    if reach.as_of is not None:
        return 100
    return 100 * (reach.position - reach.begin) // max(1, reach.end - reach.begin)
