"""The encoded states of one partition's tickets, or support desks."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from service.sla.state import UnreadableStateError

S = TypeVar("S")


class States(Generic[S]):
    """States by changelog key. To save memory, a state stays encoded and is decoded on each use."""

    def __init__(self, empty: Callable[[], S], decode: Callable[[bytes], S]) -> None:
        """`empty` makes the state before the first fact; `decode` raises UnreadableStateError."""
        self._empty = empty
        self._decode = decode
        self._values: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def value(self, key: str) -> bytes | None:
        """The changelog value of a key; None: there is none."""
        return self._values.get(key)

    def weigh(self, key: str) -> int:
        """Bytes of a key's changelog value; 0: there is none."""
        return len(self._values.get(key, b""))

    def open(self, key: str) -> S:
        """Decode the state of a key, for the caller to change; an empty state without one.

        Raises UnreadableStateError.
        """
        value = self._values.get(key)
        try:
            return self._empty() if value is None else self._decode(value)
        except UnreadableStateError as error:
            raise UnreadableStateError(str(error), key) from None

    def restore(self, key: str, value: bytes | None) -> None:
        """Take one changelog record, in log order; None: a tombstone."""
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = value
