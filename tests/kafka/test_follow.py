"""What a follower makes of the records of a changelog, for whoever shows them."""

import pytest

from service.kafka.codec.record import Record
from service.kafka.topics.follow import _entry


@pytest.mark.parametrize(
    ("key", "value", "cut", "entry"),
    [
        (b"T1@d", b"state", False, ("T1@d", b"state")),
        (b"T1@d", None, False, ("T1@d", None)),
        (b"\xff@d", b"state", False, ("\udcff@d", b"")),
        (b"\xff@d", None, False, ("\udcff@d", None)),
        (None, b"state", False, ("offset 7", b"")),
        (None, None, False, ("offset 7", None)),
        (None, None, True, ("offset 7", b"")),  # nobody knows what it was
    ],
)
def test_what_nobody_can_read_is_an_empty_state_and_a_tombstone_stays_one(
    key: bytes | None, value: bytes | None, cut: bool, entry: tuple[str, bytes | None]
) -> None:
    assert _entry(Record("sla.tickets", 3, 7, 0, key, value, (), 9, cut)) == entry
