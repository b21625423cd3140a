"""The states that the changelog holds, by the partition that holds them, as the service itself reads them."""

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

from service.sla import state
from service.sla.state import Header
from service.sla.states import States

S = TypeVar("S")


class Kept(NamedTuple, Generic[S]):
    """A ticket or desk, decoded."""

    partition: int
    known: S
    header: Header


class KeptStates(Generic[S]):
    """Of all partitions of one changelog, by changelog key."""

    def __init__(self, empty: Callable[[], S], decode: Callable[[bytes], S]) -> None:
        """As States."""
        self._empty = empty
        self._decode = decode
        self._partitions: dict[int, States[S]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._partitions.values()))

    def __iter__(self) -> Iterator[str]:
        for states in self._partitions.values():
            yield from states

    def restore(self, partition: int, key: str, value: bytes | None) -> None:
        """Take one changelog record, in log order; None: a tombstone."""
        if partition not in self._partitions:
            self._partitions[partition] = States(self._empty, self._decode)
        self._partitions[partition].restore(key, value)

    def forget(self, partition: int) -> list[str]:
        """Drop a partition: it comes again from its beginning. Gives the keys that it had."""
        return list(self._partitions.pop(partition, ()))

    def partition(self, key: str) -> int | None:
        """Which one holds that key; None: there is none."""
        for partition, states in self._partitions.items():
            if states.value(key) is not None:
                return partition
        return None

    def find(self, key: str) -> Kept[S] | None:
        """What is kept under that key; None: nothing. Raises UnreadableStateError."""
        partition = self.partition(key)
        if partition is None:
            return None
        states = self._partitions[partition]
        header = state.header(states.value(key) or b"")
        return Kept(partition, states.open(key), header)

    def place(self, key: str) -> str:
        """`T1@default (partition 3)`, whatever the key is made of; without a partition that holds it."""
        text = key.encode(errors="surrogateescape").decode(errors="backslashreplace")
        shown, partition = text if text.isprintable() else ascii(text), self.partition(key)
        return shown if partition is None else f"{shown} (partition {partition})"
