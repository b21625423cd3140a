"""A dump says all there is of a ticket, and a bad one is refused by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sla import state
from service.sla.dump import BadDumpError, end, head, line, records
from service.sla.facts import Fact, Kind
from service.sla.state import NEVER, Header, Ticket
from service.sla.told import Announced

HEAD = head("sla.tickets", 3, 0)
MS = st.integers(0, 2**43)
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="@"), min_size=1, max_size=9
)
DATA = st.dictionaries(WORDS, WORDS | st.integers(1, 5), max_size=3)
facts = st.builds(
    Fact, MS, st.sampled_from([int(kind) for kind in Kind]), WORDS, WORDS, DATA, MS, st.integers(0, 9), MS
)
told = st.builds(
    Announced,
    st.integers(1, 9),
    WORDS,
    st.none() | WORDS,
    st.integers(1, 99),
    st.integers(0, 6),
    st.none() | MS,
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.integers(0, 2),
)
attributes = st.tuples(*[st.none() | WORDS] * 7)
values = st.builds(
    lambda ticket, at, wake_at, waits_from, latest: state.encode(
        ticket, Header(-1, at, wake_at, 7, waits_from, latest)
    ),
    st.builds(
        Ticket,
        st.lists(facts, max_size=3),
        st.lists(told, max_size=3),
        MS,
        MS,
        st.lists(attributes, min_size=3, max_size=3),
    ),
    MS,
    MS | st.just(NEVER),
    MS | st.just(NEVER),
    MS | st.just(NEVER),
)


@given(st.dictionaries(st.tuples(WORDS, WORDS), values, max_size=4))
def test_what_is_dumped_is_loaded_byte_for_byte(tickets: dict[tuple[str, str], bytes]) -> None:
    lines = [line(state.key(*names), value) for names, value in tickets.items()]
    loaded = {record[:2]: record.value for record in records([HEAD, *lines, end(len(lines))])}
    assert loaded == tickets


def test_a_dump_of_version_1_is_judged_anew_because_it_does_not_say_who_waits_for_a_year() -> None:
    old = (
        b'{"tenant":"acme","ticket_id":"T1","header":{"at":5,"wake_at":null,"edition":7},'
        b'"ticket":{"facts":[],"told":[],"seen_at":3}}'
    )
    (record,) = records([HEAD.replace(b'"state_version":2', b'"state_version":1'), old, end(1)])
    assert state.header(record.value) == Header(-1, 5, NEVER, 0, NEVER)
    assert state.decode(record.value) == Ticket([], [], 3)


T1 = line("T1@acme", state.encode(Ticket([], []), Header(5, 0, NEVER)))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "1: is no dump of sla-timer state"),
        ([b"\xff"], "1: is no dump of sla-timer state"),
        ([b"PK\x03\x04"], "1: is no dump of sla-timer state"),
        ([b"[1]\n", T1], "1: is no dump of sla-timer state"),
        ([T1], "1: is no dump of sla-timer state"),
        ([b'{"sla_timer_state":2,"more":1}', T1], "1: sla_timer_state: is 2, this one"),
        ([HEAD.replace(b'"topic"', b'"theme"'), T1], "1: Object contains unknown field"),
        (
            [HEAD.replace(b'"sla_timer_state":1', b'"sla_timer_state":2')],
            "1: sla_timer_state: is 2, this one",
        ),
        ([HEAD.replace(b'"state_version":', b'"state_version":9')], "1: state_version: is 9"),
        ([HEAD], "2: the last line is missing: the dump is not whole"),
        ([HEAD, T1], "3: the last line is missing: the dump is not whole"),
        ([HEAD, T1, T1, end(2)], "3: ticket_id: appears twice"),
        ([HEAD, T1, end(2)], "3: tickets: is not the number"),
        ([HEAD, T1, end(1), T1], "3: tickets: is not the number"),
        (
            [HEAD, T1.replace(b'"facts":[]', b'"facts":[{}]'), end(1)],
            "2: header or ticket: an unknown kind",
        ),
        ([HEAD, T1.replace(b'"told":[]', b'"told":[{}]'), end(1)], "2: header or ticket: missing: cycle"),
        ([HEAD, T1.replace(b'"told"', b'"tell"'), end(1)], "2: header or ticket: "),
        ([HEAD, T1.replace(b'"at":0', b'"at":"x"'), end(1)], "2: header or ticket: "),
        ([HEAD, T1.replace(b'"T1"', b'"T@1"'), end(1)], "2: ticket_id or tenant: is not a valid id"),
    ],
)
def test_a_dump_that_is_not_ours_is_refused_by_line(lines: list[bytes], said: str) -> None:
    with pytest.raises(BadDumpError) as error:
        list(records(lines))
    assert str(error.value).startswith(said)
