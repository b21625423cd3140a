"""The error for an unreadable record in one of our topics."""

from service.errors import RefusalError
from service.text.visible import visible


class UnreadableRecordError(RefusalError):
    """A record in one of our topics that this service did not write, or cannot read.

    Its text is one line: the record's place and the problem, but nothing of its value.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        offset: int,
        key: bytes | None,
        reason: str,
        way_out: str = "see the runbook: a record of ours that cannot be read",
    ) -> None:
        super().__init__(
            f"topic {topic}, partition {partition}, offset {offset}, {named(key)}: {reason}; {way_out}"
        )
        self.topic, self.partition, self.offset = topic, partition, offset
        self.key, self.reason = key, reason


def named(key: bytes | None) -> str:
    """The key of a record on one line, whatever it holds."""
    if key is None:
        return "no key"
    try:
        return f"key {visible(key.decode())}"
    except UnicodeDecodeError:
        return f"key 0x{key[:64].hex()}{'…' if len(key) > 64 else ''}"
