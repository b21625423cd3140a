"""When the group is told how far an owner has come: where the changelog says as much, seldom.

To tell it is a third of what a small transaction costs, and whoever restores the changelog knows without.
"""

import asyncio

from service.kafka.exactly_once.batch import Turn

EVERY = 1.0  # seconds between two commits of the group's offset that a small turn could do without


class GroupOffset:
    """The offset of one input partition. Instants are the loop's."""

    def __init__(self) -> None:
        self.told = 0  # that the group has been told
        self._told_at = self._turn_at = float("-inf")

    def is_due(self, position: int) -> bool:
        """True when the group should be told an offset though there is nothing to judge.

        It was not told of the last small turn; or the log had only markers, which it may lose.
        """
        return position > self.told and _time() - max(self._told_at, self._turn_at) > EVERY

    def has_to_be_told(self, turn: Turn) -> bool:
        """True when the transaction of `turn` has to say it."""
        if turn.next_offset <= self.told:
            return False
        return not (turn.is_small and turn.is_reflected and _time() - self._told_at < EVERY)

    def committed(self, offset: int | None) -> None:
        """A turn was committed; `offset`: what the group was told with it, None: nothing."""
        self._turn_at = _time()
        if offset is not None:
            self.told, self._told_at = offset, self._turn_at


def _time() -> float:
    return asyncio.get_running_loop().time()
