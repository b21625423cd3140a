"""When an owner commits its offset to the group: seldom, where the changelog says as much.

To commit it is a third of what a small transaction costs, and a restore of the changelog finds it as well.
"""

import asyncio

from service.kafka.exactly_once.batch import Turn

EVERY_SECONDS = 1.0  # between two commits of the group's offset that a small turn could do without


class GroupOffset:
    """The offset of one input partition. Instants are the loop's."""

    def __init__(self) -> None:
        self.committed = 0  # that the group has
        self._committed_at = self._turn_at = float("-inf")

    def is_due(self, position: int) -> bool:
        """True when the offset should be committed though there is nothing to judge.

        It was not committed with the last small turn; or the log had only markers, which it may lose.
        """
        return position > self.committed and _time() - max(self._committed_at, self._turn_at) > EVERY_SECONDS

    def belongs_to(self, turn: Turn) -> bool:
        """True when the transaction of `turn` has to commit it."""
        if turn.next_offset <= self.committed:
            return False
        return not (turn.is_small and turn.is_reflected and _time() - self._committed_at < EVERY_SECONDS)

    def note(self, offset: int | None) -> None:
        """A turn was committed; `offset`: the group's, committed with it, None: it was not."""
        self._turn_at = _time()
        if offset is not None:
            self.committed, self._committed_at = offset, self._turn_at


def _time() -> float:
    return asyncio.get_running_loop().time()
