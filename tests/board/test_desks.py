"""The page of the support desks: which channels are open, and what is out, by the contract's example."""

import pytest

from service.board.desks import DeskLine
from service.board.snapshot import ReachView
from service.sla import state
from service.sla.desks.desk import desk_of
from service.sla.facts import Fact
from service.sla.state import NEVER, Header
from service.text.foreign import theirs
from tests.board.browser import browser
from tests.board.desk import Desk
from tests.sla.desks import LETTERS, beats, sign
from tests.sla.stories import MINUTE, at


def shown(now: str, *signs: Fact) -> DeskLine:
    (line,) = told(now, *signs).board.desk_lines(told(now, *signs).board.snapshot())
    return line


def told(now: str, *signs: Fact) -> Desk:
    desk = Desk(at(now), LETTERS)
    if signs:
        value = state.encode(desk_of(signs, MINUTE), Header(1, at(now), NEVER))
        desk.board.desks.restore(0, "support@default", value)
    return desk


@pytest.mark.parametrize(("key", "value"), [("D@d", b"\x01"), ("\udcff", b""), ("D@d", bytes(40))])
def test_a_desk_that_nobody_can_read_is_counted_and_named_and_the_others_are_shown(
    key: str, value: bytes
) -> None:
    desk = told("09:00", sign("opened", "08:59"))
    desk.board.desks.restore(2, key, value)
    (line,) = desk.board.desk_lines(desk.board.snapshot())
    assert line.desk_id == "support"
    snapshot = desk.board.snapshot()
    assert snapshot.baffling_desks == 1
    assert snapshot.baffled_by_desk in ("D@d (partition 2)", "\\xff (partition 2)")


@pytest.mark.parametrize(("now", "open_until"), [("09:00:59.999", "09:01"), ("09:01", None)])
def test_a_channel_is_open_until_a_minute_after_its_last_sign(now: str, open_until: str | None) -> None:
    (channel,) = shown(now, sign("heartbeat", "09:00", "phone")).channels
    assert channel == ("phone", open_until and at(open_until), at("09:00"))


def test_a_channel_that_says_that_it_is_closed_is_closed() -> None:
    line = shown("09:00:30", sign("opened", "09:00", "phone"), sign("closed", "09:00:10", "phone"))
    assert line.channels[0].open_until is None


def test_enough_open_channels_keep_the_promise_and_too_few_are_an_outage_that_counts() -> None:
    line = shown("09:10", *beats("08:00", "09:10", "phone"), *beats("08:00", "09:00", "online"))
    support, choice = line.promises
    assert (support.clock, support.min_open, support.outage) == ("technical_support", 1, None)
    assert choice.outage
    assert choice.outage.bar.since == at("08:59:30") + MINUTE
    assert (choice.outage.state, choice.outage.due_at) == ("running", at("09:30:30"))


@pytest.mark.parametrize(("now", "broken"), [("09:05", "running"), ("09:05:00.001", "breached")])
def test_an_outage_breaks_the_promise_a_millisecond_after_five_minutes(now: str, broken: str) -> None:
    support, _ = shown(now, *beats("08:00", "08:59:30", "phone"), sign("closed", "09:00", "phone")).promises
    assert support.outage
    assert support.outage.state == broken


def test_an_outage_that_is_over_stays_in_the_list() -> None:
    line = shown("09:20", *beats("08:00", "08:30", "phone"), *beats("08:50", "09:20", "phone"))
    past = [outage for outage in line.past if outage.clock == "technical_support"]
    assert past == [("technical_support", at("08:30:30"), at("08:50"), "breached")]


def test_a_desk_that_never_spoke_is_out_from_when_its_policy_took_effect() -> None:
    line = shown("08:03")
    assert [promise.outage and promise.outage.bar.since for promise in line.promises] == [at("08:00")] * 2
    assert line.channels == ()


def test_nothing_is_shown_before_anything_was_read_and_a_tombstone_takes_a_desk_away() -> None:
    desk = told("09:00", sign("heartbeat", "09:00"))
    desk.reaches = {0: ReachView(0, 1, 9, None)}
    assert desk.board.desk_lines(desk.board.snapshot()) == []
    desk.reaches = None
    desk.board.desks.restore(0, "support@default", None)
    (line,) = desk.board.desk_lines(desk.board.snapshot())
    assert line.channels == ()


@pytest.mark.parametrize(("lang", "words"), [("en", "1 of 2 channels open"), ("zh", "2 个渠道中开放 1 个")])
async def test_the_page_says_it_in_both_languages(lang: str, words: str) -> None:
    desk = told("09:00:30", sign("heartbeat", "09:00", "phone"), sign("heartbeat", "08:50", "online"))
    async with browser(desk) as client:
        page = (await client.get("/desks", headers={"accept-language": lang})).text
    assert words in page


async def test_desks_tenants_and_channels_that_look_alike_are_told_apart() -> None:
    desk = told("09:00:30")
    value = state.encode(
        desk_of([sign("heartbeat", "09:00", "\u0430b\u200b")], MINUTE), Header(1, at("09:00:30"), NEVER)
    )
    desk.board.desks.restore(0, "support\u200b@\u0422-1", value)
    async with browser(desk) as client:
        page = (await client.get("/desks")).text
    assert 'aria-label="support&lt;U+200B&gt;"' in page
    for text in ("support\u200b", "\u0422-1", "\u0430b\u200b"):
        assert theirs(text, "en") in page
    assert "\u200b" not in page
