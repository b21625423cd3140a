"""How much the state of one ticket or desk may still grow: what is kept has to fit into a record."""

import msgspec

from service.sla.facts import Fact

LARGEST_BYTES = 16 * 2**20  # of a state, where its topic sets no limit: more than any takes
# One part in so many is left for what time alone adds: what is announced of a ticket without facts.
RESERVE = 4
LARGEST_FACT_BYTES = 16 * 1024  # far more than any takes

_encoder = msgspec.msgpack.Encoder()


class Space:
    """Of one state during one step. Facts are measured only once it may get tight."""

    def __init__(self, state: int, largest: int) -> None:
        """`state`: bytes that it has; `largest`: bytes that it may have, once all is announced of it."""
        self._left = largest - largest // RESERVE - state
        self._unmeasured: list[Fact] = []

    def has(self, fact: Fact) -> bool:
        """True when the state may take the fact, too."""
        if (len(self._unmeasured) + 1) * LARGEST_FACT_BYTES <= self._left:
            return True
        self._left -= sum(map(size, self._unmeasured))
        self._unmeasured.clear()
        return size(fact) <= self._left

    def take(self, fact: Fact) -> None:
        """It has the fact now."""
        self._unmeasured.append(fact)


def size(fact: Fact) -> int:
    """Bytes of a fact in a state."""
    return len(_encoder.encode(fact))
