"""The states of a changelog by partition, read by the same code as in the service."""

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

from service.sla import state
from service.sla.state import Header
from service.sla.states import States

S = TypeVar("S")


class Kept(NamedTuple, Generic[S]):
    """The decoded state of a ticket or desk, and its partition."""

    partition: int
    known: S
    header: Header


class KeptStates(Generic[S]):
    """The states of all partitions of one changelog, by changelog key."""

    def __init__(self, empty: Callable[[], S], decode: Callable[[bytes], S]) -> None:
        """Take the same arguments as States."""
        self._empty = empty
        self._decode = decode
        self._partitions: dict[int, States[S]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._partitions.values()))

    def __iter__(self) -> Iterator[str]:
        for states in self._partitions.values():
            yield from states

    def encoded(self) -> Iterator[tuple[str, bytes]]:
        """Yield every key with its changelog value. States may come and go in between."""
        for states in list(self._partitions.values()):
            for key in list(states):
                if (value := states.value(key)) is not None:
                    yield key, value

    def restore(self, partition: int, key: str, value: bytes | None) -> None:
        """Apply one changelog record, in log order. `value` None: a tombstone."""
        if partition not in self._partitions:
            self._partitions[partition] = States(self._empty, self._decode)
        self._partitions[partition].restore(key, value)

    def forget(self, partition: int) -> list[str]:
        """Drop a partition, which will be read again from its beginning. Return the keys that it had."""
        return list(self._partitions.pop(partition, ()))

    def partition(self, key: str) -> int | None:
        """Return the partition that holds `key`; None: no partition does."""
        for partition, states in self._partitions.items():
            if states.value(key) is not None:
                return partition
        return None

    def find(self, key: str) -> Kept[S] | None:
        """Return the state under `key`; None: there is none. Raises UnreadableStateError."""
        partition = self.partition(key)
        if partition is None:
            return None
        states = self._partitions[partition]
        header = state.header(states.value(key) or b"")
        return Kept(partition, states.open(key), header)

    def place(self, key: str) -> str:
        """Return `T1@default (partition 3)`, printable whatever bytes the key has.

        Without a partition that holds the key, return the key alone.
        """
        text = key.encode(errors="surrogateescape").decode(errors="backslashreplace")
        shown, partition = text if text.isprintable() else ascii(text), self.partition(key)
        return shown if partition is None else f"{shown} (partition {partition})"
