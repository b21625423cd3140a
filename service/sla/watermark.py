"""The watermark: the instant up to which a partition's log is known to be complete."""

from typing import NamedTuple


class _Asked(NamedTuple):
    """An answer that is ahead of what is processed, or of what is known."""

    sent_at: int  # ms
    end: int
    policies_end: int


class Watermark:
    """Computes the watermark from end offsets and the processed position. Instants in ms.

    If a request sent at instant w gives end offset e, all records in the log at w lie below e. So once
    everything below e is processed, the watermark is w. Time stamps of records play no part.

    The end of the published policies is asked for at the same time. An answer counts only when they are read
    up to there: no deadline fires by policies that are older than the watermark.
    """

    def __init__(self) -> None:
        self.at: int | None = None
        self._position = 0
        self._policies_position = 0
        self._asked: list[_Asked] = []

    @property
    def behind(self) -> bool:
        """True while an answer waits for records below it, or for policies."""
        return bool(self._asked)

    def asked(self, sent_at: int, end: int, policies_end: int = 0) -> None:
        """Take the answers to two requests for end offsets, of which the first was sent at `sent_at`."""
        self._asked.append(_Asked(sent_at, end, policies_end))
        self._advance()

    def processed(self, position: int) -> None:
        """Note that everything below `position` is processed."""
        self._position = max(self._position, position)
        self._advance()

    def known(self, policies_position: int) -> None:
        """Note that all policies published below `policies_position` judge now."""
        self._policies_position = max(self._policies_position, policies_position)
        self._advance()

    def _advance(self) -> None:
        waiting = []
        for one in self._asked:
            if one.end <= self._position and one.policies_end <= self._policies_position:
                self.at = one.sent_at if self.at is None else max(self.at, one.sent_at)
            else:
                waiting.append(one)
        self._asked = waiting
