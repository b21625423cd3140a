"""Finds the new fact because of which something else is true of a ticket, or of a desk, than before."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from service.sla.facts import Fact, Kind
from service.sla.lapse import has_lapsed
from service.sla.policy import Policies
from service.sla.state import header
from service.sla.statement import Statement
from service.sla.told import Mark

# Reasons of a change, by the kind of its cause.
_REASONS: dict[int, str] = {
    Kind.VOIDED: "voided",
    Kind.RECLASSIFIED: "reclassified",
    Kind.REASSIGNED: "reclassified",
}
_LATE, _POLICY_CHANGED = "late_fact", "policy_changed"  # of any other kind; of no fact
# Every reason for which a breach is taken back.
RETRACTED_FOR: tuple[str, ...] = (*dict.fromkeys(_REASONS.values()), _LATE, _POLICY_CHANGED)


class Because(NamedTuple):
    """The reason of a revision, and the fact that is its cause; both None where time alone is."""

    reason: str | None = None
    cause: Fact | None = None


TIME = Because()
POLICIES = Because(_POLICY_CHANGED)  # other policies judge now, or a calendar has another year


class Causes:
    """Searches the facts that arrived together for the one that changed the judgement.

    `before` gives the facts known until then. `marks` gives the marks of the statements that hold for a set
    of facts: see `told.marks`. `policies_since` (ms): the instant at which other policies judged `before`;
    None: the same ones did.
    """

    def __init__(
        self,
        before: Callable[[], Sequence[Fact]],
        arrived: Sequence[Fact],
        marks: Callable[[Sequence[Fact]], set[Mark]],
        policies_since: int | None,
    ) -> None:
        self._before = before
        self._arrived = arrived
        self._marks = marks
        self._policies_since = policies_since
        self._known: dict[int, set[Mark]] = {}  # by the number of arrived facts included

    def of_end(self, mark: Mark) -> Because:
        """Why something that was announced with `mark` does not hold any more."""
        if not self._arrived or not self._holds(0, mark):
            return POLICIES
        return self._changed(mark, held=True)

    def of_return(self, statement: Statement) -> Because:
        """Why a statement holds that was taken back before.

        A level may be due anew, which is nobody's doing. Or the statement was true already when the earlier
        facts were judged: then other policies judge now.
        """
        mark = statement.digest, statement.attributes
        if self._holds(0, mark):
            since, true_at = self._policies_since, statement.true_at
            was_true = since is not None and true_at is not None and has_lapsed(true_at, since)
            return POLICIES if was_true else TIME
        return self._changed(mark, held=False) if self._arrived else POLICIES

    def _changed(self, mark: Mark, *, held: bool) -> Because:
        """The fact before which `mark` was in the state `held`, and after which it is not."""
        low, high = 0, len(self._arrived)
        while high - low > 1:  # `held` after `low` facts, and not after `high`
            middle = (low + high) // 2
            low, high = (middle, high) if self._holds(middle, mark) is held else (low, middle)
        cause = self._arrived[low]
        return Because(_REASONS.get(cause.kind, _LATE), cause)

    def _holds(self, count: int, mark: Mark) -> bool:
        if count not in self._known:
            self._known[count] = self._marks([*self._before(), *self._arrived[:count]])
        return mark in self._known[count]


def policies_since(before: bytes | None, policies: Policies) -> int | None:
    """The instant (ms) at which other policies than these judged a changelog value; None: these did."""
    if before is None or (head := header(before)).edition == policies.edition:
        return None
    return head.at


# For who asks what is to be announced, but not why.
UNSEARCHED = Causes(tuple, (), lambda _: set(), None)
