"""The board names codes that did not fit, of tickets that somebody looks at, and waits for nothing."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace

from service.board import codes as limits
from service.board.codes import InputCodes
from service.board.ticket_page import without_people
from service.events.fact import CodeFitting, Fitted
from service.explain.records import Identity, NotRead
from service.sla.facts import Fact
from service.sla.history import identity
from tests.board.browser import browser
from tests.board.desk import Desk
from tests.board.test_account import account
from tests.sla.stories import RESPONSE, at, fact, policy

TOPIC = "complaints.lifecycle"
READING = NotRead(TOPIC, "reading")
DROPPED = Fitted("priority", CodeFitting.DROPPED)
FACTS = [fact("received", "09:00"), fact("reassigned", "09:05", agent_id="A-5"), fact("closed", "09:10")]


def all_of(facts: Sequence[Fact], *fitted: Fitted) -> Mapping[Identity, Sequence[Fitted]]:
    return {identity(one): fitted for one in facts}


async def test_what_was_not_read_yet_is_asked_for_and_then_known() -> None:
    codes = InputCodes(TOPIC)
    before = codes.of("T1@default", FACTS)
    assert before.codes == {identity(FACTS[2]): ()}  # its kind has no codes
    assert before.not_read == [READING]
    wanted = await codes.take()
    assert wanted == ("T1@default", tuple(FACTS[:2]))
    codes.put(wanted, {identity(FACTS[0]): [DROPPED]})
    after = codes.of("T1@default", FACTS)
    # The record of the second fact is not there any more.
    assert after.codes == {identity(FACTS[0]): (DROPPED,), identity(FACTS[2]): ()}
    assert after.not_read == []
    assert not codes._wanted


async def test_only_facts_that_are_new_are_read_again() -> None:
    codes = InputCodes(TOPIC)
    codes.of("T1@default", FACTS[:1])
    codes.put(await codes.take(), all_of(FACTS))
    codes.of("T1@default", FACTS)
    assert await codes.take() == ("T1@default", (FACTS[1],))


@pytest.mark.parametrize(("many", "read", "told"), [(49, 49, False), (50, 50, False), (51, 50, True)])
async def test_of_a_ticket_with_many_facts_the_first_ones_are_read(many: int, read: int, told: bool) -> None:
    assert limits.MOST_FACTS == 50
    codes = InputCodes(TOPIC)
    facts = [fact("reassigned", at("09:00") + number) for number in range(many)]
    codes.of("T1@default", facts[::-1])
    wanted = await codes.take()
    assert wanted[1] == tuple(facts[:read])
    codes.put(wanted, all_of(facts))
    assert codes.of("T1@default", facts).not_read == ([NotRead(TOPIC, "too_many")] if told else [])


async def test_what_cannot_be_read_says_why_and_is_asked_for_again() -> None:
    codes = InputCodes(TOPIC)
    codes.of("T1@default", FACTS)
    codes.fail(await codes.take(), "no right")
    assert codes.of("T1@default", FACTS).not_read == [NotRead(TOPIC, "no right")]
    codes.put(await codes.take(), {})
    assert codes.failure is None


def test_what_waits_does_not_grow_without_end() -> None:
    codes = InputCodes(TOPIC)
    for number in range(limits.MOST_TICKETS + 1):
        codes.of(f"T{number}@default", FACTS)
    assert len(codes._wanted) == limits.MOST_TICKETS


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_what_is_kept_does_not_grow_without_end_and_the_oldest_goes(more: int) -> None:
    codes, most = InputCodes(TOPIC), limits.MOST_KEPT
    facts = tuple(replace(FACTS[0], offset=offset) for offset in range(most + more))
    codes.put(("T1@default", facts[:most]), all_of(FACTS))
    codes.put(("T2@default", facts[most:]), all_of(FACTS))
    assert len(codes._known) == min(most, most + more)
    assert (("T1@default", facts[0].partition, 0) in codes._known) is (more <= 0)


async def test_a_page_waits_a_little_for_the_reader() -> None:
    codes = InputCodes(TOPIC)
    codes.of("T1@default", FACTS)
    await codes.settled("T1@default", 0.01)  # nobody reads
    waiting = asyncio.create_task(codes.settled("T1@default", 60))
    await asyncio.sleep(0)
    assert not waiting.done()
    codes.put(await codes.take(), {})
    await waiting
    await codes.settled("T2@default", 60)  # nobody has asked for it


def desk_with(codes: InputCodes) -> Desk:
    desk = Desk(at("09:20"))
    desk.keep("T1", *FACTS)
    desk.board.codes = codes
    return desk


async def test_the_page_changes_with_what_was_read() -> None:
    codes = InputCodes(TOPIC)
    desk = desk_with(codes)
    before = account(desk).content
    assert account(desk).content == before
    codes.put(await codes.take(), all_of(FACTS, DROPPED))
    assert account(desk).content != before


@pytest.mark.parametrize(
    ("lang", "named", "reading"),
    [("en", "Priority: dropped: it is no code", "being read"), ("zh", "优先级: 已丢弃", "正在读取")],
)
async def test_the_page_names_field_and_fitting_and_what_was_not_read(
    lang: str, named: str, reading: str
) -> None:
    codes = InputCodes(TOPIC)
    async with browser(desk_with(codes), headers={"accept-language": lang}) as client:
        page = (await client.get("/ticket?id=T1")).text  # nobody reads: it waits a second, and comes
        assert reading in page
        assert named not in page
        codes.put(await codes.take(), {identity(FACTS[0]): [DROPPED], identity(FACTS[1]): []})
        page = (await client.get("/ticket?id=T1")).text
        assert reading not in page
        assert named in page


async def test_the_page_says_why_records_cannot_be_read_at_once() -> None:
    codes = InputCodes(TOPIC)
    desk = desk_with(codes)
    account(desk)
    codes.fail(await codes.take(), "no <right>")
    async with browser(desk) as client, asyncio.timeout(1):
        page = (await client.get("/ticket?id=T1")).text
    assert f"{TOPIC}: no &lt;right&gt;" in page


async def test_the_page_of_a_ticket_without_a_policy_says_what_did_not_fit() -> None:
    east = policy(RESPONSE, match=(("customer_id", frozenset({"C-1"})), ("region", frozenset({"east"}))))
    desk = Desk(at("09:20"), east)
    desk.keep("T1", fact("received", "09:00", customer_id="C-77", region="<b>"))
    async with browser(desk) as client:
        page = (await client.get("/ticket?id=T1")).text
    assert "test version 1 does not fit:" in page
    assert "asks for east, has <bdi>&lt;b&gt;</bdi>" in page
    assert "customer_id: it asks for another one" in page  # in the arithmetic
    assert "C-77" not in page
    assert "C-1" not in page


def test_of_a_condition_on_people_the_key_stays() -> None:
    one = {"key": "customer_id", "asks": ["C-1"], "has": "C-77"}
    assert without_people({"unfit": [one]}) == {"unfit": [{"key": "customer_id", "asks": None, "has": None}]}
