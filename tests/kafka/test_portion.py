"""How much of what was read one step takes."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from service.events.rejection import Reason, Rejection
from service.kafka.codec.record import WHOLE_BYTES, Record
from service.kafka.exactly_once.portion import Portion, portion
from service.sla.facts import Fact, Kind
from service.sla.partition import HEAVY_BYTES
from tests.kafka.records import NOW, record

BAD = Rejection(Reason.NOT_JSON, None, "")


MANY = 1_000


def portion_of(records: Sequence[Record], state: int = 0, most: int = MANY) -> Portion:
    """Records without a value are bad, others are facts of the ticket that they name; `state` in bytes."""

    def decode(record: Record) -> tuple[str, Fact] | Rejection:
        if not (record.value or b"").strip():
            return BAD
        return record.value.decode(), Fact(NOW, Kind.RECEIVED, "/desk", "e-1", {}, NOW, 0, record.offset)

    return portion(records, most, decode, lambda _: state)


def about(*tickets: str) -> list[Record]:
    return [record(ticket.encode(), key=f"T-{ticket:>4}".encode()) for ticket in tickets]


def apart(records: Sequence[Record]) -> list[Record]:
    """The records with other keys of the same length."""
    return [replace(one, key=(one.key or b"")[:-1] + b"%d" % number) for number, one in enumerate(records)]


@pytest.mark.parametrize(
    ("state", "taken"), [(HEAVY_BYTES // 2 - 100, 2), (HEAVY_BYTES // 2 + 1, 1), (0, 3), (2 * HEAVY_BYTES, 1)]
)
def test_it_takes_what_is_not_too_much_to_judge_and_always_one(state: int, taken: int) -> None:
    found = portion_of(about("a", "b", "c"), state)
    assert (found.taken, len(found.arrivals), len(found.sources)) == (taken, taken, taken)


def test_a_ticket_is_judged_once_however_many_of_its_facts_come() -> None:
    assert portion_of(about(*["a"] * 500), HEAVY_BYTES - 500 * len("aT-1001")).taken == 500


FREE, HEADER = len("T-1001"), 32  # bytes of the key, what a header weighs beside its bytes
BULK = {
    "value": lambda size: record(b" " * (size - FREE)),
    "key": lambda size: record(None, key=b"k" * size),
    "header": lambda size: record(None, [("h", b"x" * (size - FREE - HEADER - 1))]),
    "header name": lambda size: record(None, [("h" * (size - FREE - HEADER), b"")]),
    "headers": lambda size: record(b" " * ((size - FREE) % HEADER), [("", b"")] * ((size - FREE) // HEADER)),
}


@pytest.mark.parametrize("where", BULK)
@pytest.mark.parametrize(
    ("size", "taken"),
    [(HEAVY_BYTES // 2 - 1, 2), (HEAVY_BYTES // 2, 2), (HEAVY_BYTES // 2 + 1, 1), (3 * HEAVY_BYTES, 1)],
)
def test_a_record_counts_by_all_its_bytes_wherever_they_are(where: str, size: int, taken: int) -> None:
    found = portion_of(apart([BULK[where](size) for _ in range(3)]))
    assert (found.taken, len(found.rejected)) == (taken, taken)


@pytest.mark.parametrize(("more", "taken"), [(-1, 2), (0, 2), (1, 1)])
def test_a_record_that_is_accepted_counts_by_its_bytes_too(more: int, taken: int) -> None:
    heavy = record(b"a".rjust(HEAVY_BYTES // 2 - FREE + more))
    assert portion_of(apart([heavy] * 3)).taken == taken


def test_portions_one_after_the_other_are_all_that_was_read_and_nothing_twice() -> None:
    left, seen = [*about("a", "b"), record(b" " * HEAVY_BYTES), *about("c"), record(b""), *about("d")], []
    want = list(left)
    while left:
        found = portion_of(left, HEAVY_BYTES // 3)
        seen += found.sources + [bad for bad, _ in found.rejected]
        left = left[found.taken :]
    assert sorted(map(id, seen)) == sorted(map(id, want))


def test_nothing_read_is_an_empty_portion() -> None:
    assert portion_of([]) == ([], [], [], 0)


@pytest.mark.parametrize(
    ("before", "together", "taken"),
    [(0, 9, 10), (0, 10, 10), (0, 11, 11), (1, 10, 11), (9, 9, 18), (10, 9, 10)],
)
def test_the_records_of_one_key_are_taken_together(before: int, together: int, taken: int) -> None:
    records = about(*[str(number) for number in range(before)], *["whole"] * together, "next")
    assert portion_of(records, most=10).taken == taken


def test_what_comes_in_between_sets_them_apart() -> None:
    assert portion_of(about("a", "a", "b", "a", "a"), most=2).taken == 2
    assert portion_of([record(b"a", key=None)] * 5, most=2).taken == 2


@pytest.mark.parametrize(("more", "taken"), [(-1, 4), (0, 4), (1, 3)])
@pytest.mark.parametrize("value", [b"a", b" "])
def test_very_heavy_records_of_one_key_are_not_taken_together(more: int, taken: int, value: bytes) -> None:
    """Whether they are accepted or rejected."""
    heavy = record(value.rjust(WHOLE_BYTES // 4 - FREE))
    last = record(value.rjust(WHOLE_BYTES // 4 - FREE + more))
    assert portion_of([heavy] * 3 + [last]).taken == taken


def test_a_state_that_is_opened_amid_a_key_counts_by_its_bytes() -> None:
    """Two tenants may have a ticket of one id, and so of one key."""
    records = [record(b"a"), record(b"b"), record(b"c")]
    assert portion_of(records, state=WHOLE_BYTES // 2 - 100).taken == 2
