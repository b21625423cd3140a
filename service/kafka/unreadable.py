"""A record of one of our own topics that nobody can read: somebody else, or another version, wrote it."""


class UnreadableRecordError(Exception):
    """Names its place, its key and what is wrong with it."""

    def __init__(self, topic: str, partition: int, offset: int, key: bytes | None, reason: str) -> None:
        shown = "without a key" if key is None else repr(key.decode(errors="backslashreplace"))
        super().__init__(f"{topic}-{partition} offset {offset}, key {shown}: {reason}")
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
