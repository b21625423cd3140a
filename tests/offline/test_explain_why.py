"""A ticket without a verdict: its explanation says why, in both languages and for programs."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.instant import written
from service.explain.derivation import derivation
from service.explain.records import InputRecord, NotRead, RejectedEvent, TicketRecords, Tombstone
from service.explain.text import LANGUAGES, in_words
from service.offline.explain import explain
from service.sla.facts import Fact
from service.sla.judge import END_OF_TIME
from service.sla.policy import Match, Policies, Policy
from tests.offline.test_simulate import event
from tests.sla.stories import LETTER, MINUTE, RESOLUTION, RESPONSE, at, clock, fact

NINE = at("09:00")


def promise(id: str = "p", version: int = 1, since: int = 0, **match: str) -> Policy:
    asked: Match = tuple((key, frozenset(values.split("|"))) for key, values in sorted(match.items()))
    return Policy(id, version, "0" * 64, since, {}, asked, (RESPONSE,))


def derived(
    facts: list[Fact], *promises: Policy, records: TicketRecords | None = None, tenant: str = "default"
) -> Mapping[str, Any]:
    return derivation("T1", tenant, facts, Policies(promises), END_OF_TIME, records=records)


def told(part: Mapping[str, Any], lang: str = "en") -> str:
    return "\n".join(in_words(part, lang)).replace("2026-03-02T", "")


def unfit(key: str, asks: str, has: str | None) -> dict[str, Any]:
    return {"key": key, "asks": asks.split("|"), "has": has}


WEST = fact("received", NINE, region="west", customer_id="c-9")
TOO_EARLY = unfit("effective_from", written(NINE + 1), written(NINE))


@pytest.mark.parametrize(
    ("promises", "tried"),
    [
        ([], []),
        ([promise(region="east")], [("p", 1, [unfit("region", "east", "west")])]),
        ([promise(region="east|north")], [("p", 1, [unfit("region", "east|north", "west")])]),
        ([promise(team="red")], [("p", 1, [unfit("team", "red", None)])]),
        ([promise(tenant="acme")], [("p", 1, [unfit("tenant", "acme", "default")])]),
        ([promise(customer_id="c-1")], [("p", 1, [unfit("customer_id", "c-1", "c-9")])]),
        ([promise(region="west", team="red")], [("p", 1, [unfit("team", "red", None)])]),
        (
            [promise(region="east", team="red")],
            [("p", 1, [unfit("region", "east", "west"), unfit("team", "red", None)])],
        ),
        ([promise(since=NINE - 1)], None),
        ([promise(since=NINE)], None),
        ([promise(since=NINE + 1)], [("p", 1, [TOO_EARLY])]),
        ([promise(since=NINE + 1, team="red")], [("p", 1, [TOO_EARLY, unfit("team", "red", None)])]),
        # A version that is replaced judges no more, even where only it would match.
        ([promise(), promise(version=2, since=NINE, team="red")], [("p", 2, [unfit("team", "red", None)])]),
        ([promise(team="red"), promise(version=2, since=NINE + 1)], [("p", 1, [unfit("team", "red", None)])]),
        # Of an id that is not in force yet, the first version is the next to be.
        ([promise(since=NINE + 1), promise(version=2, since=NINE + 2)], [("p", 1, [TOO_EARLY])]),
        (
            [promise("a", region="east"), promise("b", team="red")],
            [("a", 1, [unfit("region", "east", "west")]), ("b", 1, [unfit("team", "red", None)])],
        ),
        ([replace(promise("desk"), desks=frozenset({"support"}))], []),
    ],
)
def test_each_policy_that_was_tried_names_what_did_not_fit(
    promises: list[Policy], tried: list[tuple[str, int, list[Any]]] | None
) -> None:
    found = derived([WEST], *promises)
    (cycle,) = found["cycles"]
    if tried is None:
        assert (cycle["policy"]["id"], cycle["tried"], found["no_verdict"]) == ("p", [], [])
        return
    assert [(one["id"], one["version"], one["unfit"]) for one in cycle["tried"]] == tried
    assert found["no_verdict"] == ["no_policy"]


def test_policies_of_another_agreement_are_not_tried() -> None:
    inside = replace(promise("inside", team="red"), agreement="internal")
    found = derived([WEST], promise(region="east"), inside)
    assert [[one["id"] for one in cycle["tried"]] for cycle in found["cycles"]] == [["p"], ["inside"]]
    assert found["no_verdict"] == ["no_policy"]


def test_what_is_reclassified_in_the_instant_of_the_receipt_does_not_choose() -> None:
    facts = [fact("received", NINE, priority="p2"), fact("reclassified", NINE, priority="p1")]
    (cycle,) = derived(facts, promise(priority="p1"))["cycles"]
    assert cycle["tried"][0]["unfit"] == [unfit("priority", "p1", "p2")]


values = st.sampled_from(["east", "west", None])
promises_ = st.lists(
    st.builds(
        lambda name, version, since, region: promise(
            name, version, NINE + since + version, **({"region": region} if region else {})
        ),
        st.sampled_from("ab"),
        st.integers(1, 3),
        st.integers(-4, 2),
        values,
    ),
    max_size=4,
    unique_by=lambda one: (one.id, one.version),
)


@given(promises_, values)
def test_a_cycle_has_no_policy_exactly_when_something_did_not_fit_in_each(
    promises: list[Policy], region: str | None
) -> None:
    received = fact("received", NINE, **({"region": region} if region else {}))
    (cycle,) = derived([received], *promises)["cycles"]
    if cycle["policy"] is None:
        assert [one["id"] for one in cycle["tried"]] == sorted({one.id for one in promises})
        assert all(one["unfit"] for one in cycle["tried"])
    else:
        assert cycle["tried"] == []


EXEMPT = replace(promise("free"), clocks=(), exempt=True)
LATER = replace(promise(), clocks=(clock("care", "followed_up", "closed", {"minor": MINUTE}),))
BOT = fact("response_started", "09:10", by="bot")


@pytest.mark.parametrize(
    ("facts", "promises", "why", "sentences"),
    [
        (
            [WEST],
            [promise(region="east", since=NINE + 1)],
            ["no_policy"],
            [
                "No verdict: no policy in force matched.",
                "  No policy in force matches (agreement default): no clock runs.",
                "    p version 1 does not fit:",
                "      effective_from: 09:00:00.001Z is after the start",
                "      region: it asks for east, the ticket has west",
            ],
        ),
        ([WEST], [], ["no_policy"], ["    There is no policy of this agreement."]),
        (
            [WEST],
            [EXEMPT],
            ["exempt"],
            ["No verdict: its policy exempts it.", "  Exempt by this policy from the agreement default:"],
        ),
        ([WEST], [LATER], ["no_clock_started"], ["  Clock care has not started: it starts with followed_up"]),
        (
            [fact("resolved", "09:00"), BOT],
            [promise()],
            ["only_evidence"],
            ["No verdict: there is only evidence so far, no start.", "Nothing is judged: the complaint was"],
        ),
        ([], [promise()], ["never_received"], ["No verdict: – has no record of this ticket."]),
    ],
)
def test_each_reason_has_its_key_and_its_sentences(
    facts: list[Fact], promises: list[Policy], why: list[str], sentences: list[str]
) -> None:
    found = derived(facts, *promises)
    assert found["no_verdict"] == why
    for sentence in sentences:
        assert f"\n{sentence}" in f"\n{told(found)}"


@pytest.mark.parametrize(
    ("later", "numbers"),
    [
        ([BOT], [2]),
        ([fact("response_started", "09:10", by="system")], [2]),
        ([fact("response_started", "09:10", by="agent")], []),
        ([fact("response_started", "09:10")], []),
        ([BOT, fact("response_started", "09:20", by="system")], [2, 3]),
        ([BOT, fact("response_started", "09:20")], [2]),  # it ran on until the agent answered
        ([fact("response_started", "09:05"), BOT], []),  # the clock had ended
    ],
)
def test_the_answer_of_a_bot_is_named_by_the_clocks_that_wait_for_a_response(
    later: list[Fact], numbers: list[int]
) -> None:
    both = replace(promise(), clocks=(RESPONSE, RESOLUTION))
    found = derived([fact("received", NINE), *later], both)
    response, resolution = found["cycles"][0]["clocks"]
    assert (response["no_response"], resolution["no_response"]) == (numbers, [])
    facts = ", ".join(f"F{number}" for number in numbers)
    sentence = f"    no response: {facts}, not by an agent; the clock goes on"
    assert (sentence in told(found).splitlines()) == bool(numbers)


TOMBSTONE = Tombstone("sla.tickets", 1, 42, NINE)
REJECTED = RejectedEvent(
    "missing_field", "data.channel", "is missing", None, "complaints.lifecycle", 1, 7, "1:3", NINE
)
GONE = REJECTED._replace(offset=9, kept_as=None)
OF_LINE = RejectedEvent("not_json", None, "the value is not JSON in UTF-8", 17)
SEEN = InputRecord(1, 5, NINE)


def records(**found: Any) -> TicketRecords:
    return TicketRecords("complaints.lifecycle", "sla.tickets", **found)


@pytest.mark.parametrize(
    ("found", "why", "lines"),
    [
        (records(), ["never_received"], ["No verdict: complaints.lifecycle has no record of this ticket."]),
        (
            records(tombstone=TOMBSTONE),
            ["forgotten"],
            [
                "No verdict: the service has forgotten this ticket.",
                "",
                "Forgotten by a tombstone, logged 09:00:00.000Z:",
                "  sla.tickets partition 1 offset 42",
            ],
        ),
        (
            records(forgotten=[SEEN]),
            ["forgotten"],
            [
                "No state says what came of its records in complaints.lifecycle:",
                "  partition 1 offset 5, logged 09:00:00.000Z",
            ],
        ),
        (
            records(waiting=[SEEN]),
            ["waiting"],
            [
                "No verdict: its records have not been processed yet.",
                "",
                "Not processed yet, in complaints.lifecycle:",
                "  partition 1 offset 5, logged 09:00:00.000Z",
            ],
        ),
        (
            records(rejected=[REJECTED, GONE]),
            ["rejected"],
            [
                "No verdict: records of this ticket were rejected.",
                "",
                "Rejected records of this ticket, which count for nothing:",
                "  data.channel is missing (missing_field)",
                "    complaints.lifecycle partition 1 offset 7",
                "    kept as 1:3 in complaints.rejected at 09:00:00.000Z",
                "  data.channel is missing (missing_field)",
                "    complaints.lifecycle partition 1 offset 9",
                "    logged 09:00:00.000Z, no longer in complaints.rejected",
            ],
        ),
        (
            TicketRecords("events.jsonl", rejected=[OF_LINE]),
            ["rejected"],
            ["  line 17: the value is not JSON in UTF-8 (not_json)"],
        ),
        (
            records(other_tenants=["acme", "beta"]),
            ["never_received"],
            ["Other tenants that have a ticket of this id: acme, beta"],
        ),
        (
            records(tombstone=TOMBSTONE, waiting=[SEEN], rejected=[REJECTED]),
            ["forgotten", "waiting", "rejected"],
            ["not been processed yet; records of this ticket were rejected."],
        ),
        (
            records(not_read=[NotRead("complaints.rejected", "no right")]),
            ["not_known"],
            ["Not read: complaints.rejected: no right"],
        ),
    ],
)
def test_a_ticket_without_a_state_says_what_became_of_its_records(
    found: TicketRecords, why: list[str], lines: list[str]
) -> None:
    part = derived([], promise(), records=found)
    assert (part["no_verdict"], part["facts"], part["cycles"]) == (why, [], [])
    assert "\n".join(lines) in told(part)
    assert "Nothing is judged" not in told(part)
    json.dumps(part)


def test_many_records_are_counted_in_text_and_listed_in_json() -> None:
    part = derived([], records=records(waiting=[SEEN._replace(offset=n) for n in range(12)]))
    assert len(part["records"]["waiting"]) == 12
    assert [line for line in told(part).splitlines() if "offset" in line][-1].startswith(
        "  partition 1 offset 9,"
    )
    assert "  and 2 more" in told(part).splitlines()


def test_a_rejected_receipt_is_said_where_there_is_only_evidence() -> None:
    part = derived([fact("resolved", "09:00")], promise(), records=records(rejected=[REJECTED]))
    assert part["no_verdict"] == ["only_evidence", "rejected"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_can_be_said_in_every_language(lang: str) -> None:
    everything = records(
        tombstone=TOMBSTONE,
        forgotten=[SEEN],
        waiting=[SEEN] * 12,
        rejected=[REJECTED, GONE, OF_LINE],
        other_tenants=["acme"],
        not_read=[NotRead("complaints.rejected", "too_many"), NotRead("complaints.rejected", "reading")],
    )
    for facts in ([], [fact("resolved", "09:00")], [WEST]):
        for one in (EXEMPT, LATER, promise(region="east", since=NINE + 1)):
            assert told(derived(list(facts), one, records=everything), lang)


def said(*lines: str, ticket: str = "T1", **how: Any) -> tuple[int, str, str]:
    """Exit code, output and errors of `explain` of a file."""
    out, err = io.StringIO(), io.StringIO()
    stdin = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
    code = explain(ticket, events="-", policies=LETTER, stdin=stdin, out=out, err=err, **how)
    return code, out.getvalue(), err.getvalue()


RECEIVED = event("T1", "received", "09:00", "a")
NO_CHANNEL = event("T1", "received", "09:00", "b", channel=None)


@pytest.mark.parametrize(
    ("lines", "code", "why", "rejected", "tenants"),
    [
        ([RECEIVED], 0, [], [], []),
        ([event("T2", "received", "09:00", "a")], 1, ["never_received"], [], []),
        ([NO_CHANNEL], 1, ["rejected"], [(1, "missing_field", "data.channel")], []),
        ([RECEIVED, NO_CHANNEL], 1, [], [(2, "missing_field", "data.channel")], []),
        ([NO_CHANNEL.replace("T1", "T2")], 1, ["never_received"], [], []),
        (["no JSON", RECEIVED], 1, [], [], []),  # nobody knows whose it is
        ([json.dumps(json.loads(NO_CHANNEL) | {"tenant": "acme"})], 1, ["never_received"], [], []),
        (
            [json.dumps(json.loads(RECEIVED) | {"tenant": tenant}) for tenant in ("zoo", "acme")],
            1,
            ["never_received"],
            [],
            ["acme", "zoo"],
        ),
    ],
)
def test_a_file_says_what_it_knows_of_a_ticket(
    lines: list[str], code: int, why: list[str], rejected: list[Any], tenants: list[str]
) -> None:
    ended, out, _ = said(*lines, as_json=True)
    part = json.loads(out)
    assert (ended, part["no_verdict"]) == (code, why)
    found = [(one["line"], one["reason"], one["field"]) for one in part["records"]["rejected"]]
    assert (found, part["records"]["other_tenants"]) == (rejected, tenants)


def test_a_fact_beyond_the_limit_of_the_ticket_is_a_rejected_record_of_it() -> None:
    ended, out, err = said(*(event("T1", "reassigned", "09:00", f"e{n}") for n in range(1_001)), as_json=True)
    assert (ended, err.count("\n")) == (1, 1)
    (one,) = json.loads(out)["records"]["rejected"]
    assert (one["line"], one["reason"]) == (1_001, "too_many_facts")


SENTENCE = "please call me back under 13800000000"


def test_each_code_that_did_not_fit_is_named_by_its_fact_and_never_quoted() -> None:
    received = event("T1", "received", "09:00", "a", priority=1, region=SENTENCE, channel="WeChat")
    paused = event("T1", "paused", "09:10", "b", reason=" customer ")
    for lang in LANGUAGES:
        code, out, _ = said(received, paused, lang=lang)
        assert (code, "13800000000" in out, "WeChat" in out) == (0, False, False)
    _, out, _ = said(received, paused, event("T2", "received", "09:00", "a", priority=7), as_json=True)
    facts = json.loads(out)["facts"]
    assert [{one["field"]: one["fitting"] for one in known["codes"]} for known in facts] == [
        {"channel": "other", "priority": "made_fit", "region": "dropped"},
        {"reason": "made_fit"},
    ]
    _, out, _ = said(received, paused)
    assert [line for line in out.splitlines() if line.startswith("       data.")] == [
        "       data.channel: counts as other, for it is none of the contract's",
        "       data.priority: made fit: numbers become text, spaces become _",
        "       data.region: dropped: no code of 1 to 64 characters and at most three words",
        "       data.reason: made fit: numbers become text, spaces become _",
    ]


def test_codes_of_all_records_of_one_event_are_named_once() -> None:
    received = [
        event("T1", "received", "09:00", "a", **data) for data in ({"priority": 1}, {"team": SENTENCE})
    ]
    _, out, _ = said(*received, received[0], as_json=True)
    (known,) = json.loads(out)["facts"]
    assert [(one["field"], one["fitting"]) for one in known["codes"]] == [
        ("priority", "made_fit"),
        ("team", "dropped"),
    ]


@pytest.mark.parametrize(
    ("known", "line"),
    [
        ([0, 1, 2, 3, 4], None),
        ([1, 2, 3, 4], "F1"),
        ([0, 3, 4], "F2, F3"),
        ([4], "F1–F4"),
        ([1, 3], "F1, F3, F5"),
    ],
)
def test_facts_whose_records_are_gone_are_named(known: list[int], line: str | None) -> None:
    facts = [fact("reassigned", NINE + n, id=f"f{n}") for n in range(5)]
    codes = {("/desk", f"f{n}"): () for n in known}
    part = derived(facts, records=records(codes=codes))
    assert [one["codes"] for one in part["facts"]] == [[] if n in known else None for n in range(5)]
    sentence = f"  Codes made fit or dropped: not known of {line}, not in complaints.lifecycle"
    assert (sentence in told(part).splitlines()) == (line is not None)


def test_where_the_input_was_not_read_nothing_is_said_of_single_records() -> None:
    unread = records(not_read=[NotRead("complaints.lifecycle", "no right")])
    text = told(derived([WEST], records=unread))
    assert "Not read: complaints.lifecycle: no right" in text
    assert "made fit" not in text
