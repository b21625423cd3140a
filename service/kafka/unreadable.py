"""A record in a topic of ours that is not what we write there, and its place."""

from service.settings import Refusal
from service.visible import visible


class UnreadableRecordError(Refusal):
    """Its text is one line: where the record lies and what is wrong with it, nothing of its value."""

    def __init__(self, topic: str, partition: int, offset: int, key: bytes | None, reason: str) -> None:
        super().__init__(
            f"topic {topic}, partition {partition}, offset {offset}, {_named(key)}: {reason}; "
            f"see the runbook: a record of ours that cannot be read"
        )
        self.topic, self.partition, self.offset = topic, partition, offset
        self.key, self.reason = key, reason


def _named(key: bytes | None) -> str:
    if key is None:
        return "no key"
    try:
        return f"key {visible(key.decode())}"
    except UnicodeDecodeError:
        return f"key 0x{key[:64].hex()}{'…' if len(key) > 64 else ''}"
