"""Finds the new fact because of which an earlier announcement no longer holds."""

from collections.abc import Callable, Sequence

from service.sla.changes import Announced
from service.sla.facts import Fact


class Causes:
    """Searches the facts that arrived together for the fact that changed the judgement.

    `before` gives the facts known until then. `digests` gives the digests of the statements that hold for a
    set of facts.
    """

    def __init__(
        self,
        before: Callable[[], Sequence[Fact]],
        arrived: Sequence[Fact],
        digests: Callable[[Sequence[Fact]], set[int]],
    ) -> None:
        self._before = before
        self._arrived = arrived
        self._digests = digests
        self._known: dict[int, set[int]] = {}  # digests, by the number of arrived facts included

    def of(self, latest: Announced) -> Fact | None:
        """A fact before which `latest` held and after which it does not.

        None when `latest` did not hold even before the first fact: then other policies judge now than when it
        was announced.
        """
        if not self._holds(0, latest):
            return None
        low, high = 0, len(self._arrived)
        while high - low > 1:  # holds after `low` facts, and not after `high`
            middle = (low + high) // 2
            low, high = (middle, high) if self._holds(middle, latest) else (low, middle)
        return self._arrived[low] if self._arrived else None

    def _holds(self, count: int, latest: Announced) -> bool:
        if count not in self._known:
            self._known[count] = self._digests([*self._before(), *self._arrived[:count]])
        return latest.digest in self._known[count]
