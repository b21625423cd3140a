"""Which brokers have not answered, and since when; and how long each is waited for."""

import asyncio
from typing import Any

SILENT_AFTER_SECONDS = 1.5  # without an answer; less than the two that the asker of the log's end waits
MOVED_WITHIN_SECONDS = 30.0  # in which Kafka has others lead in its place: three sessions of a broker
DOUBT = 4  # what has been silent for long is given a fourth of that time: it may be slow, and not dead


class Silence:
    """What one client has found out of the brokers, by their ids. Instants are the loop's."""

    def __init__(self, longest: float) -> None:
        """`longest`: seconds that any answer is waited for."""
        self._longest = longest
        self._since: dict[Any, float] = {}  # when brokers were first found silent
        self._slow: set[Any] = set()  # another one was faster, when they were last asked

    def has(self, node_id: Any) -> bool:
        """True since the broker was found silent, until it answers."""
        return node_id in self._since

    def is_doubtful(self, node_id: Any) -> bool:
        """True when others should be asked first."""
        return node_id in self._since or node_id in self._slow

    def patience(self, node_id: Any) -> float:
        """Seconds to wait for an answer to what is answered at once."""
        now = _time()
        doubt = (now - self._since.get(node_id, now)) / DOUBT
        return min(max(SILENT_AFTER_SECONDS, doubt), self._longest)

    def found(self, node_id: Any) -> bool:
        """Note that the broker is silent; True when that is news."""
        if node_id in self._since:
            return False
        self._since[node_id] = _time()
        return True

    def outrun(self, node_id: Any) -> None:
        """Note that another broker was faster."""
        self._slow.add(node_id)

    def answered(self, node_id: Any) -> None:
        """Note that the broker is there."""
        self._since.pop(node_id, None)
        self._slow.discard(node_id)

    def lately(self) -> list[Any]:
        """The brokers in whose place others are about to lead."""
        now = _time()
        return [node_id for node_id, since in self._since.items() if now - since < MOVED_WITHIN_SECONDS]


def _time() -> float:
    return asyncio.get_running_loop().time()
