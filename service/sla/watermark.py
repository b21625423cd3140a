"""The watermark: the instant up to which a partition's log is known to be complete."""


class Watermark:
    """Computes the watermark from end offsets and the processed position. Instants in ms.

    If a request sent at instant w gives end offset e, all records in the log at w lie below e. So once
    everything below e is processed, the watermark is w. Time stamps of records play no part.
    """

    def __init__(self) -> None:
        self.at: int | None = None
        self._position = 0
        self._asked: list[tuple[int, int]] = []  # (end, sent_at) of answers ahead of the position

    @property
    def behind(self) -> bool:
        """True while an answer waits for records below it."""
        return bool(self._asked)

    def asked(self, sent_at: int, end: int) -> None:
        """Take the answer `end` to a request for the end offset that was sent at `sent_at`."""
        self._asked.append((end, sent_at))
        self.processed(self._position)

    def processed(self, position: int) -> None:
        """Note that everything below `position` is processed."""
        self._position = max(self._position, position)
        for end, sent_at in self._asked:
            if end <= self._position:
                self.at = sent_at if self.at is None else max(self.at, sent_at)
        self._asked = [answer for answer in self._asked if answer[0] > self._position]
