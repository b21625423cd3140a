"""What can be decided of a partition that waits for a person, by what its logs hold."""

import re

import pytest

from service.errors import RefusalError
from service.kafka.client.groupless_consumer import OffsetSpan
from service.kafka.codec.record import Record
from service.kafka.exactly_once import decision
from service.kafka.exactly_once.repair import Decision, Held, PartitionContents, place_of
from service.sla import state
from service.sla.facts import Fact, Kind
from service.sla.state import Header, Ticket

PLACE = place_of("complaints.lifecycle", "sla.tickets", 3)
RECEIVED = Fact(0, Kind.RECEIVED, "/desk", "e-1", {"customer_id": "C"}, 0, 3, 7)
VALUE = state.encode(Ticket([RECEIVED], []), Header(7, 0, 0))
TORN = VALUE[:-3]


def held(*records: tuple[bytes | None, bytes | None]) -> Held:
    """As the changelog has them, from offset 0 on."""
    found = Held()
    for offset, (key, value) in enumerate(records):
        found.take(Record("sla.tickets", 3, offset, 0, key, value, (), len(key or b"") + len(value or b"")))
    return found


def found(next_offset: int = 20, begin: int = 10, end: int = 30, of: Held | None = None) -> PartitionContents:
    return PartitionContents(PLACE, next_offset, OffsetSpan(begin, end), of or held(), 99)


@pytest.mark.parametrize(
    ("next_offset", "to", "offset", "says"),
    [
        (9, None, 10, r"goes on at offset 10; up to 1 records, offsets 9 to 9, .* \(1 of them are gone"),
        (4, None, 10, r"up to 6 records, offsets 4 to 9, are never judged \(6 of them are gone"),
        (4, 12, 12, r"up to 8 records, offsets 4 to 11, are never judged \(6 of them are gone"),
        (20, 21, 21, r"goes on at offset 21; up to 1 records, offsets 20 to 20, are never judged$"),
        (20, 30, 30, "up to 10 records, offsets 20 to 29, are never judged$"),
    ],
)
def test_it_says_what_is_skipped(next_offset: int, to: int | None, offset: int, says: str) -> None:
    decided = decision.skip(found(next_offset), to)
    assert (decided.offset, list(decided.changes)) == (offset, [])
    assert re.search(f"^complaints.lifecycle-3: .*{says}", decided.says), decided.says


@pytest.mark.parametrize(
    ("next_offset", "to", "says"),
    [
        (10, None, "offset 10 is next, and the log begins at 10: nothing is skipped"),
        (20, 19, "offset 20 is next, and the log begins at 10: nothing is skipped"),
        (20, 20, "nothing is skipped"),
        (20, 31, "--to 31: the log has offsets 10 to 30"),
        (4, 9, "--to 9: the log has offsets 10 to 30"),
        (31, None, "the log ends at 30: .* sla-timer partition reset complaints.lifecycle-3"),
    ],
)
def test_nothing_is_skipped_that_cannot_be_or_was_judged(next_offset: int, to: int | None, says: str) -> None:
    with pytest.raises(RefusalError, match=f"complaints.lifecycle-3: .*{says}"):
        decision.skip(found(next_offset), to)


def test_a_reset_keeps_every_state_as_if_nothing_of_the_input_were_in_it() -> None:
    of = held((b"T1@d", b"\x01"), (b"T1@d", VALUE), (b"T2@d", TORN), (b"T3@d", VALUE), (b"T3@d", None))
    decided = decision.reset(found(31, of=of))
    assert decided.offset == 10
    assert [key for key, _ in decided.changes] == [b"T1@d", b"T2@d"]
    for _, value in decided.changes:
        assert value is not None
        assert state.header(value) == Header(-1, 0, 0)
    assert decided.changes[0][1] is not None
    assert state.decode(decided.changes[0][1]) == state.decode(VALUE)


def test_a_reset_leaves_alone_what_nobody_can_read() -> None:
    assert list(decision.reset(found(of=held((b"T1@d", b"\x01"), (b"T2@d", b"\x63" * 60)))).changes) == []


BAD = held((b"T1@d", VALUE), (b"\xff", VALUE), (b"T2@d", b"\x01"), (b"T3@d", TORN), (b"T4@d", b"\x03" * 60))


def forget(
    offsets: tuple[int, ...] = (), key: bytes | None = None, of: Held = BAD, *, unreadable: bool = False
) -> Decision:
    return decision.forget(found(of=of), offsets, key, state.decode, unreadable=unreadable)


@pytest.mark.parametrize(
    ("given", "keys", "says"),
    [
        ({"offsets": (2,)}, [b"T2@d"], "key T2@d: offset 2, its value is no state of a ticket"),
        ({"offsets": (1,)}, [b"\xff"], "key 0xff: offset 1, its key is not UTF-8"),
        ({"offsets": (3, 2, 3)}, [b"T3@d", b"T2@d"], "key T3@d: offset 3, its value is no state of a ticket"),
        ({"key": b"\xff"}, [b"\xff"], "its key is not UTF-8"),
        ({"key": b"T1@d"}, [b"T1@d"], "bytes that can be read; 0 verdicts were announced of it"),
        (
            {"unreadable": True},
            [b"\xff", b"T2@d", b"T3@d"],
            "its value is no state of a ticket",
        ),  # T4 is newer
    ],
)
def test_it_says_what_is_given_up_and_why(given: dict[str, object], keys: list[bytes], says: str) -> None:
    decided = forget(**given)  # type: ignore[arg-type]
    assert (list(decided.changes), decided.offset) == ([(key, None) for key in keys], None)
    assert re.search(f"^sla.tickets-3: gives up .*{says}", decided.says), decided.says


@pytest.mark.parametrize(
    ("given", "of", "says"),
    [
        ({"offsets": (5,)}, BAD, "offset 5 holds no state, or a later record has its key"),
        ({"offsets": (0,)}, held((b"T1@d", VALUE), (b"T1@d", VALUE)), "offset 0 holds no state"),
        ({"key": b"T9@d"}, BAD, "holds nothing under key T9@d"),
        ({"unreadable": True}, held((b"T1@d", VALUE)), "everything in it is state of ours"),
        ({"offsets": (0,)}, held((None, VALUE)), "only taken away by compaction"),
    ],
)
def test_nothing_is_given_up_that_is_not_there(given: dict[str, object], of: Held, says: str) -> None:
    with pytest.raises(RefusalError, match=f"sla.tickets-3: .*{says}"):
        forget(of=of, **given)  # type: ignore[arg-type]


def test_of_many_only_the_first_are_shown() -> None:
    of = held(*[(f"T{number}@d".encode(), b"\x01") for number in range(100)])
    decided = forget(of=of, unreadable=True)
    assert len(decided.changes) == 100
    assert decided.says.endswith("; and 95 more")
