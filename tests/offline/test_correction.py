"""What a later export corrects, case by case, and by law over edits at random."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from service.offline.correction import TicketCorrection, TicketFact, corrections
from service.sla.facts import Fact, Kind
from service.sla.history import MOST_FACTS, standing, unique
from service.sla.judge import judge
from service.sla.state import names
from tests.sla.stories import HOUR, LETTER, MINUTE, at

SOURCE = "/desk"
NINE = at("09:00")


def event(
    name: str, kind: Kind, time: int, ticket: str = "T1@default", source: str = SOURCE, **data: str | int
) -> TicketFact:
    return TicketFact(ticket, Fact(time, kind, source, name, data, 0, 0, 0))


def received(time: int = NINE, ticket: str = "T1@default", **data: str | int) -> TicketFact:
    said: dict[str, str | int] = {"customer_id": "c", "channel": "phone", **data}
    return event("1/created", Kind.RECEIVED, time, ticket, **said)


def answered(time: int, name: str = "1/answered", ticket: str = "T1@default") -> TicketFact:
    return event(name, Kind.RESPONSE_STARTED, time, ticket)


def void(name: str, time: int = NINE, source: str = SOURCE, **data: str | int) -> TicketFact:
    return event("somebody's void", Kind.VOIDED, time, source=source, event_id=name, **data)


Log = list[TicketFact]


def after(log: Log, *export: TicketFact) -> tuple[Log, dict[str, TicketCorrection]]:
    """The log when an export was sent to it, and what that was."""
    found = corrections(export, log, SOURCE)
    sent = [TicketFact(ticket, fact) for ticket, one in found.items() for fact in one.events]
    return [*log, *sent], found


def stands(
    log: Iterable[TicketFact], ticket: str = "T1@default"
) -> list[tuple[str, int, dict[str, str | int]]]:
    """What counts of a ticket: kind, minutes after nine, data."""
    facts = standing(unique([one.fact for one in log if one.ticket == ticket]))
    return [
        (Kind(fact.kind).word, (fact.time - NINE) // MINUTE, fact.data)
        for fact in facts
        if fact.kind != Kind.VOIDED
    ]


def counts(found: dict[str, TicketCorrection], ticket: str = "T1@default") -> list[int]:
    """New, changed, unchanged, voided, moved, vanished."""
    one = found[ticket]
    return [one.new, one.changed, one.unchanged, one.voided, one.moved, len(one.vanished)]


A = (received(), answered(NINE + 10 * MINUTE))
B = (received(), answered(NINE + 40 * MINUTE))


def test_of_an_empty_log_all_is_new_under_its_own_id() -> None:
    log, found = after([], *A)
    assert log == list(A)
    assert counts(found) == [2, 0, 0, 0, 0, 0]


def test_what_is_there_is_not_sent_again() -> None:
    _, found = after(list(A), *A)
    assert found["T1@default"].events == []
    assert counts(found) == [0, 0, 2, 0, 0, 0]


def test_what_changed_is_voided_and_sent_under_an_id_with_its_digest() -> None:
    log, found = after(list(A), *B)
    gone, anew = found["T1@default"].events
    assert (gone.kind, gone.id, gone.data) == (
        Kind.VOIDED,
        "1/answered!voided",
        {"event_id": "1/answered"},
    )
    assert anew.id == "1/answered!713b3e36609f73e4"
    assert anew == replace(B[1].fact, id=anew.id)
    assert gone.time == anew.time
    assert counts(found) == [0, 1, 1, 0, 0, 0]
    assert stands(log) == stands(B)


def test_a_b_a_b_is_right_each_time_and_no_voided_id_comes_back() -> None:
    log: Log = []
    for export in (A, B, A, B, A):
        log, _ = after(log, *export)
        assert stands(log) == stands(export)
        assert after(log, *export)[0] == log
    ids = [one.fact.id for one in log]
    assert len(ids) == len(set(ids))
    assert sum(name.endswith(".2") for name in ids) == 2  # the second time each was sent again


def test_whatever_part_of_it_was_sent_the_rest_follows_under_the_same_ids() -> None:
    log, found = after(list(A), *B)
    whole = found["T1@default"].events
    for some in ([], whole[:1], whole[1:], whole):
        begun = [*A, *(TicketFact("T1@default", fact) for fact in some)]
        rest, _ = after(begun, *B)
        assert {one.fact.id for one in rest} == {one.fact.id for one in log}
        assert stands(rest) == stands(B)


def test_what_vanished_stays_and_is_named() -> None:
    log, found = after(list(A), A[0])
    assert log == list(A)
    assert found["T1@default"].vanished == ["1/answered"]
    assert counts(found) == [0, 0, 1, 0, 0, 1]


def test_only_tickets_of_the_export_and_events_of_its_source_can_vanish() -> None:
    other = answered(NINE, "2/answered", "T2@default")
    hand = event("by hand", Kind.CLOSED, NINE, source="/other")
    _, found = after([*A, other, hand], *A)
    assert found.keys() == {"T1@default", "T2@default"}
    assert [one.vanished for one in found.values()] == [[], []]
    assert counts(found, "T2@default") == [0] * 6


def test_a_corrected_event_that_vanishes_is_named_by_the_id_that_stands() -> None:
    log, _ = after(list(A), *B)
    _, found = after(log, B[0])
    assert found["T1@default"].vanished == ["1/answered!713b3e36609f73e4"]


@pytest.mark.parametrize("void_source", [SOURCE, "/operator"])
def test_what_somebody_else_voided_stays_void(void_source: str) -> None:
    hand = void("1/answered", source=void_source, event_source=SOURCE)
    log, found = after([*A, hand], *B)
    assert log == [*A, hand]
    assert counts(found) == [0, 0, 1, 1, 0, 0]


def test_a_void_of_the_desk_reaches_what_was_corrected() -> None:
    """The desk knows the first id only."""
    log, _ = after(list(A), *B)
    log, found = after([*log, void("1/answered", NINE + HOUR)], *B)
    assert stands(log) == [("received", 0, {"customer_id": "c", "channel": "phone"})]
    assert counts(found) == [0, 0, 1, 1, 0, 0]
    assert after(log, *B)[0] == log


def test_a_void_of_the_export_is_sent_once_and_reaches_what_was_corrected() -> None:
    deleted = void("1/answered")
    log, found = after([], *A, deleted)
    assert counts(found) == [3, 0, 0, 0, 0, 0]
    assert after(log, *A, deleted)[0] == log
    log, _ = after(list(A), *B)
    log, _ = after(log, *B, deleted)
    assert [word for word, *_ in stands(log)] == ["received"]
    assert after(log, *B, deleted)[0] == log


def test_a_void_that_names_another_event_now_is_sent_under_an_id_of_its_own() -> None:
    log, _ = after([], *A, void("1/answered"))
    log, _ = after(log, *A, void("1/created"))
    assert stands(log) == []
    assert len({one.fact.id for one in log}) == len(log) == 4


@pytest.mark.parametrize("first", [Kind.VOIDED, Kind.CLOSED])
def test_an_id_that_was_a_void_or_becomes_one_is_not_used_twice(first: Kind) -> None:
    both = [void("elsewhere"), event("somebody's void", Kind.CLOSED, NINE + HOUR)]
    if first is Kind.CLOSED:
        both.reverse()
    log, _ = after([], received(), both[0])
    log, _ = after(log, received(), both[1])
    assert len({one.fact.id for one in log}) == len(log)
    wanted = ["received", "closed"] if first is Kind.VOIDED else ["received"]
    assert [word for word, *_ in stands(log)] == wanted


def test_an_id_of_the_desk_that_looks_like_ours_is_another_event() -> None:
    """Its digest is not that of its content."""
    other = answered(NINE + HOUR, "1/answered!0123456789abcdef")
    log, found = after([*A, other], *B, other)
    assert counts(found) == [0, 1, 2, 0, 0, 0]
    assert stands(log) == stands([*B, other])


def test_an_id_that_we_voided_is_not_used_although_the_log_has_lost_the_event() -> None:
    log, _ = after(list(A), *B)
    kept = [one for one in log if one.fact.kind == Kind.VOIDED]
    log, _ = after(kept, *A)
    assert stands(log) == stands(A)


def test_an_event_that_moved_to_another_ticket_is_voided_in_the_first() -> None:
    there = changed_ticket(A, "T2@default")
    log, found = after(list(A), *there)
    assert (stands(log), stands(log, "T2@default")) == ([], stands(A))
    assert counts(found) == [0, 0, 0, 0, 2, 0]
    assert counts(found, "T2@default") == [0, 2, 0, 0, 0, 0]
    log, _ = after(log, *A)
    assert (stands(log), stands(log, "T2@default")) == (stands(A), [])


def changed_ticket(export: Sequence[TicketFact], ticket: str) -> list[TicketFact]:
    return [TicketFact(ticket, one.fact) for one in export]


def test_of_an_id_with_two_contents_in_the_log_the_one_that_counts_is_compared() -> None:
    """The smaller one counts, in any order."""
    for log in ([*A, B[1]], [B[1], *A]):
        assert after(log, *A)[0] == log
        assert stands(after(log, *B)[0]) == stands(B)


def test_ids_that_are_long_stay_legal_and_apart() -> None:
    names_ = ["x" * 127 + "1", "x" * 127 + "2", "x" * 100, "x" * 101]
    log: Log = []
    for minutes in (1, 2, 1, 2):
        export = [answered(NINE + minutes * MINUTE, name) for name in names_]
        log, _ = after(log, received(), *export)
        assert len(stands(log)) == 5
        assert max(len(one.fact.id) for one in log) <= 128


@pytest.mark.parametrize(("facts", "fits"), [(997, True), (998, True), (999, False)])
def test_a_ticket_that_would_have_too_many_facts_does_not_fit(facts: int, fits: bool) -> None:
    """A correction takes two."""
    log = [answered(NINE, f"e{number}") for number in range(facts)]
    found = corrections([answered(NINE + 1, "e0")], log, SOURCE)
    assert found["T1@default"].does_not_fit is not fits
    assert facts + 2 <= MOST_FACTS or not fits


def test_a_correction_keeps_its_place_among_the_events_of_its_instant() -> None:
    """Of two reclassifications at one instant the greater id has the last word: here the other one."""
    first = event("a", Kind.RECLASSIFIED, NINE + MINUTE, priority="low")
    second = event("ab", Kind.RECLASSIFIED, NINE + MINUTE, priority="high")
    log, _ = after([received(), changed_data(first, "lowest"), second], received(), first, second)
    assert [data.get("priority") for word, _, data in stands(log) if word == "reclassified"] == [
        "low",
        "high",
    ]


def changed_data(one: TicketFact, priority: str) -> TicketFact:
    return TicketFact(one.ticket, replace(one.fact, data={"priority": priority}))


TICKETS = ("T1@default", "T2@default", "T1@other")
KINDS = (Kind.RECEIVED, Kind.RESPONSE_STARTED, Kind.PAUSED, Kind.RESUMED, Kind.RECLASSIFIED)
KINDS += (Kind.FEEDBACK_DELIVERED, Kind.REOPENED, Kind.CLOSED)
DATA: dict[Kind, list[dict[str, str | int]]] = {
    Kind.RECEIVED: [
        {"customer_id": who, "channel": "phone", "complexity": how}
        for who in "cd"
        for how in ("general", "complex")
    ],
    Kind.PAUSED: [{}, {"reason": "customer"}],
    Kind.RECLASSIFIED: [{"complexity": "complex"}, {"complexity": "general"}],
}


@st.composite
def exports(draw: st.DrawFn) -> list[TicketFact]:
    """Some of eight events, each in some ticket, with some content."""
    found = []
    for number, kind in enumerate(KINDS):
        if draw(st.integers(0, 4)):
            data = draw(st.sampled_from(DATA.get(kind, [{}])))
            time = NINE + draw(st.integers(0, 8)) * 30 * MINUTE
            found.append(
                event(f"e{number}", kind, time, draw(st.sampled_from(TICKETS[: 1 + number % 3])), **data)
            )
    return found


@settings(max_examples=300)
@given(st.lists(exports(), min_size=1, max_size=5), st.data())
def test_whatever_exports_follow_each_other_and_wherever_one_is_killed_the_last_one_stands(
    files: list[list[TicketFact]], data: st.DataObject
) -> None:
    log: Log = []
    for export in files:
        found = corrections(export, log, SOURCE)
        sent = [TicketFact(ticket, fact) for ticket, one in found.items() for fact in one.events]
        reached = data.draw(st.integers(0, len(sent)))
        log += sent[:reached]
        log, found = after(log, *export)
        again = corrections(export, log, SOURCE)
        assert not any(one.events for one in again.values())
        ids = [(one.ticket, one.fact.id) for one in log]
        assert len(ids) == len(set(ids))
        vanished = {name for one in found.values() for name in one.vanished}
        for ticket in TICKETS:
            facts = [one.fact for one in log if one.ticket == ticket and one.fact.id not in vanished]
            wanted = [one.fact for one in export if one.ticket == ticket]
            if wanted:
                assert verdicts(ticket, facts) == verdicts(ticket, wanted)
                assert [short(fact) for fact in standing(facts) if fact.kind != Kind.VOIDED] == [
                    short(fact) for fact in standing(wanted)
                ]


def short(fact: Fact) -> tuple[int, int, dict[str, str | int]]:
    return fact.time, fact.kind, fact.data


def verdicts(ticket: str, facts: list[Fact]) -> list[object]:
    judgement = judge(facts, LETTER, names(ticket)[0], NINE + 24 * HOUR)
    return [
        (run.cycle.number, run.clock.name, run.started_at, run.stopped_at, run.ending, run.dues, run.states)
        for run in judgement.runs
    ]
