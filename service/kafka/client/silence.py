"""Tracks which brokers are silent and since when, and how long to wait for each."""

import asyncio
from typing import Any

SILENT_AFTER_SECONDS = 1.5  # without an answer; less than log_end.ANSWER_WITHIN_SECONDS
# Kafka moves the leadership of a dead broker within this time: three broker sessions.
MOVED_WITHIN_SECONDS = 30.0
DOUBT = 4  # a broker gets a fourth of the time it has been silent to answer: it may be slow, not dead


class Silence:
    """The silent and slow brokers that one client knows, by id. Instants are loop times."""

    def __init__(self, longest: float) -> None:
        """`longest`: seconds to wait for an answer at most."""
        self._longest = longest
        self._since: dict[Any, float] = {}  # when brokers were first found silent
        self._slow: set[Any] = set()  # another broker was faster when they were last asked

    def has(self, node_id: Any) -> bool:
        """True from when the broker is found silent until it answers."""
        return node_id in self._since

    def is_doubtful(self, node_id: Any) -> bool:
        """True when other brokers should be asked first."""
        return node_id in self._since or node_id in self._slow

    def patience(self, node_id: Any) -> float:
        """Seconds to wait for the answer to a request that brokers answer at once."""
        now = _time()
        doubt = (now - self._since.get(node_id, now)) / DOUBT
        return min(max(SILENT_AFTER_SECONDS, doubt), self._longest)

    def found(self, node_id: Any) -> bool:
        """Note that the broker is silent; True when it was not noted before."""
        if node_id in self._since:
            return False
        self._since[node_id] = _time()
        return True

    def outrun(self, node_id: Any) -> None:
        """Note that another broker was faster."""
        self._slow.add(node_id)

    def answered(self, node_id: Any) -> None:
        """Note that the broker has answered."""
        self._since.pop(node_id, None)
        self._slow.discard(node_id)

    def lately(self) -> list[Any]:
        """The brokers found silent so lately that their partitions are still getting new leaders."""
        now = _time()
        return [node_id for node_id, since in self._since.items() if now - since < MOVED_WITHIN_SECONDS]


def _time() -> float:
    return asyncio.get_running_loop().time()
