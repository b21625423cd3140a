"""Decides when an owner commits its offset to the group: seldom, if the changelog holds the offset as well.

The offset commit is a third of the cost of a small transaction, and a restore finds the offset in the
changelog.
"""

import asyncio

from service.kafka.exactly_once.turn import Turn

EVERY_SECONDS = 1.0  # between commits of the group's offset with small turns


class GroupOffset:
    """The group's offset of one input partition. Instants are loop times."""

    def __init__(self) -> None:
        self.committed = 0  # the group's offset
        self._committed_at = self._turn_at = float("-inf")

    def is_due(self, position: int) -> bool:
        """True when the offset should be committed although there is nothing to judge.

        Either the last small turn did not commit it; or the log had only markers, which the log may delete.
        """
        return position > self.committed and _time() - max(self._committed_at, self._turn_at) > EVERY_SECONDS

    def belongs_to(self, turn: Turn) -> bool:
        """True when the transaction of `turn` has to commit the offset."""
        if turn.next_offset <= self.committed:
            return False
        return not (turn.is_small and turn.is_reflected and _time() - self._committed_at < EVERY_SECONDS)

    def note(self, offset: int | None) -> None:
        """Note a committed turn. `offset`: the group's offset that it committed; None: it committed none."""
        self._turn_at = _time()
        if offset is not None:
            self.committed, self._committed_at = offset, self._turn_at


def _time() -> float:
    return asyncio.get_running_loop().time()
