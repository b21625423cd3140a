"""Tracks how much the state of one ticket or desk may still grow: the state has to fit into a record."""

import msgspec

from service.sla.facts import Fact

LARGEST_BYTES = 16 * 2**20  # of a state, if its topic sets no limit; no state gets as large
# A quarter is reserved for growth without facts: announcements that time alone causes.
RESERVE = 4
LARGEST_FACT_BYTES = 16 * 1024  # no fact gets as large

_encoder = msgspec.msgpack.Encoder()


class StateBudget:
    """The space of one state during one step. Facts are measured only once space may run out."""

    def __init__(self, state: int, largest: int) -> None:
        """`state`: its bytes now; `largest`: its limit in bytes, all its announcements included."""
        self._left = largest - largest // RESERVE - state
        self._unmeasured: list[Fact] = []

    def has(self, fact: Fact) -> bool:
        """True when the state has space for the fact, too."""
        if (len(self._unmeasured) + 1) * LARGEST_FACT_BYTES <= self._left:
            return True
        self._left -= sum(map(size, self._unmeasured))
        self._unmeasured.clear()
        return size(fact) <= self._left

    def take(self, fact: Fact) -> None:
        """Note that the state has the fact now."""
        self._unmeasured.append(fact)


def size(fact: Fact) -> int:
    """Bytes of a fact in a state."""
    return len(_encoder.encode(fact))
