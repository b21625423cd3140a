"""The watermark: the instant up to which a partition's log is known to be complete."""


class Watermark:
    """Learns from answers of the log and from what was processed. Instants in ms, positions are offsets.

    When the log's end, asked for at instant w, is e, then all that was in the log at w lies below e: once
    everything below e is processed, the watermark is w. No time of a record enters.
    """

    def __init__(self) -> None:
        self.at: int | None = None
        self._position = 0
        self._asked: list[tuple[int, int]] = []  # (end, sent_at) of answers that lie ahead of the position

    @property
    def behind(self) -> bool:
        """True while an answer waits for records below it."""
        return bool(self._asked)

    def asked(self, sent_at: int, end: int) -> None:
        """The log's end is `end`, by a request that was sent at `sent_at`."""
        self._asked.append((end, sent_at))
        self.processed(self._position)

    def processed(self, position: int) -> None:
        """Everything below `position` is processed."""
        self._position = max(self._position, position)
        for end, sent_at in self._asked:
            if end <= self._position:
                self.at = sent_at if self.at is None else max(self.at, sent_at)
        self._asked = [answer for answer in self._asked if answer[0] > self._position]
