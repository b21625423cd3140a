"""Support desks: when a channel is open, what an outage is, and what is told of it."""

import pytest

from service.sla.desks.channel import SINGLE
from service.sla.desks.desk import MOST_CHANNELS, MOST_SPANS, desk_of
from service.sla.desks.desks import desk_partition
from service.sla.desks.outages import judge_desk
from service.sla.facts import Fact
from service.sla.history import Outcome
from service.sla.judge import END_OF_TIME
from service.sla.policy import Policies
from service.sla.state import UnreadableStateError
from service.sla.state_budget import size
from tests.sla.desks import CHOICE, LETTERS, SUPPORT, Support, beats, desk_clock, desk_policy, sign
from tests.sla.hours import at as hours_at
from tests.sla.hours import calendar
from tests.sla.stories import DAY, HOUR, MINUTE, SECOND, at
from tests.sla.test_partition import fits

ONLY_SUPPORT = Policies([desk_policy(SUPPORT, since=at("08:00"))])


def test_a_desk_that_goes_silent_is_out_a_minute_after_its_last_sign_and_five_minutes_later_in_breach():
    desk = Support(ONLY_SUPPORT)
    assert desk.tell(*beats("08:00", "09:00"), now="09:00") == []
    assert desk.tell(now="09:05:30") == []
    assert desk.tell(now="09:05:30.001") == ["breached technical_support/major 1"]
    (told,) = desk.step.announcements
    assert (told.ticket_id, told.customer_id, told.cycle) == ("support", None, at("09:00:30"))
    assert (told.started_at, told.due_at, told.stopped_at) == (at("09:00:30"), at("09:05:30"), None)
    assert [fact.time for fact in told.evidence] == [at("08:59:30")]


@pytest.mark.parametrize(
    ("back_at", "told"),
    [
        ("09:05:29.999", ["met technical_support/- 1"]),
        ("09:05:30", ["met technical_support/- 1"]),
        ("09:05:30.001", ["breached technical_support/major 1", "breach_settled technical_support/major 2"]),
    ],
)
def test_five_minutes_exactly_keep_the_promise(back_at, told):
    desk = Support(ONLY_SUPPORT)
    desk.tell(*beats("08:00", "09:00"), now="09:00")
    assert desk.tell(sign("heartbeat", back_at), now="09:06") == told


def test_a_breach_is_settled_when_the_desk_can_be_reached_again():
    desk = Support(ONLY_SUPPORT)
    desk.tell(*beats("08:00", "09:00"), now="09:10")
    assert desk.tell(sign("opened", "09:20:30"), now="09:20:31") == [
        "breach_settled technical_support/major 2"
    ]
    (told,) = desk.step.announcements
    assert (told.elapsed_for, told.overrun_for) == (20 * MINUTE, 15 * MINUTE)
    assert [fact.time for fact in told.evidence] == [at("08:59:30"), at("09:20:30")]


def test_a_sign_of_life_that_comes_late_takes_the_breach_back():
    desk = Support(ONLY_SUPPORT)
    desk.tell(*beats("08:00", "09:00"), now="09:00")
    assert desk.tell(now="09:06") == ["breached technical_support/major 1"]
    late = beats("09:00", "09:06")
    assert desk.tell(*late, now="09:06:10") == ["breach_retracted technical_support/major 2"]
    (told,) = desk.step.announcements
    # Not the one without which it would still be broken later, but the first after which this outage is none.
    assert (told.reason, told.cause) == ("late_fact", late[0])
    assert desk.tell(now="09:11:30.001") == ["breached technical_support/major 1"]


def test_a_channel_that_says_it_is_closed_is_closed_at_that_instant_until_it_speaks_again():
    desk = Support(ONLY_SUPPORT)
    desk.tell(sign("opened", "08:00"), sign("heartbeat", "08:00:30"), sign("closed", "08:00:40"), now="08:01")
    assert desk.tell(now="08:05:40.001") == ["breached technical_support/major 1"]
    assert desk.tell(sign("heartbeat", "08:10"), now="08:10:01") == [
        "breach_settled technical_support/major 2"
    ]


@pytest.mark.parametrize(("opened", "since"), [("09:00:10", "09:01:10"), ("09:00:20", "09:00:20")])
def test_at_one_instant_closing_comes_last(opened, since):
    desk = Support(ONLY_SUPPORT)
    signs = [*beats("08:00", "09:00"), sign("closed", "09:00:20"), sign("opened", opened)]
    desk.tell(*signs[::-1], now="09:00:30")
    if opened < "09:00:20":  # it closed all the same
        since = "09:00:20"
    assert desk.tell(now=at(since) + 5 * MINUTE + 1) == ["breached technical_support/major 1"]


def test_at_least_two_channels_is_a_promise_of_its_own():
    desk = Support()
    chat = beats("08:00", "10:00", "chat")
    assert desk.tell(*chat, now="08:30") == []
    assert desk.tell(now="08:30:00.001") == ["breached channel_choice/minor 1"]
    assert desk.tell(sign("opened", "08:40", "phone"), now="08:40:01") == [
        "breach_settled channel_choice/minor 2"
    ]


def test_one_channel_that_takes_over_from_another_at_the_same_instant_leaves_no_gap():
    desk = Support(ONLY_SUPPORT)
    signs = [*beats("08:00", "09:00"), sign("closed", "09:00"), sign("opened", "09:00", "chat")]
    assert desk.tell(*signs, *beats("09:00:30", "10:00", "chat"), now="09:30") == []


def test_a_desk_of_a_policy_that_never_spoke_is_out_since_the_policy_took_effect():
    desk = Support(ONLY_SUPPORT)
    assert desk.partition.next_at() is not None
    assert desk.tell(now="08:05") == []
    assert desk.tell(now="08:05:00.001") == ["breached technical_support/major 1"]
    assert desk.step.announcements[0].evidence == ()
    desk.restart()
    assert desk.tell(now="12:00") == []


def test_a_desk_of_another_partition_is_not_judged_here():
    desk = Support(ONLY_SUPPORT, owned=False)
    assert desk.partition.next_at() is None
    assert desk.tell(now="12:00") == []


def test_a_desk_that_no_policy_names_is_remembered_for_a_while_and_never_judged():
    desk = Support(Policies([desk_policy(SUPPORT, desks="other")]), owned=False)
    assert desk.tell(*beats("08:00", "09:00"), now="09:00") == []
    assert desk.tell(now=at("09:00") + 35 * DAY) == []
    assert desk.changelog["support@default"] is not None
    assert desk.tell(now=at("09:00") + 35 * DAY + 1) == []
    assert desk.changelog["support@default"] is None
    assert len(desk.partition) == 0


def test_closed_hours_do_not_count_and_do_not_end_an_outage():
    # 2026-03-02 is a Monday; the office opens at 09:00 and closes at 17:00, UTC.
    office = desk_clock("technical_support", 1, {"major": 2 * HOUR}, calendar("UTC", mon_fri="9-17"))
    desk = Support(Policies([desk_policy(office, since=at("08:00"))]))
    desk.tell(*beats("08:00", "16:00"), now="16:00")  # out from 16:00:30, an hour before closing
    due = at("09:00") + DAY + HOUR + 30 * SECOND
    assert desk.tell(now=due) == []
    assert desk.tell(now=due + 1) == ["breached technical_support/major 1"]
    assert desk.step.announcements[0].cycle == at("16:00:30")


def test_an_outage_is_judged_by_the_version_in_force_when_it_began():
    later = desk_policy(desk_clock("technical_support", 1, {"major": HOUR}), version=2, since=at("09:00"))
    desk = Support(Policies([desk_policy(SUPPORT, since=at("08:00")), later]))
    desk.tell(*beats("08:00", "08:59"), now="08:59")
    assert desk.tell(now="09:04:30.001") == ["breached technical_support/major 1"]  # out since 08:59:30
    desk.tell(sign("heartbeat", "09:30"), now="09:30")
    assert desk.tell(now="10:31") == []
    assert desk.tell(now="10:31:00.001") == ["breached technical_support/major 1"]  # out since 09:31


@pytest.mark.parametrize(("later", "judged"), [(-1, False), (0, False), (1, True)])
def test_an_outage_that_begins_when_the_policy_has_ended_is_judged_by_none(later, judged):
    end = at("09:00:30") + later  # a minute after the last sign
    desk = Support(Policies([desk_policy(SUPPORT, since=at("08:00"))], {"support-7x24": end}))
    desk.tell(*beats("08:00", "09:00"), now="09:00")
    assert bool(desk.tell(now="09:10")) is judged


def test_a_policy_that_ends_before_it_takes_effect_judges_no_desk():
    desk = Support(Policies([desk_policy(SUPPORT, since=at("08:00"))], {"support-7x24": at("07:00")}))
    assert desk.tell(now="09:00") == []


def test_a_restart_in_an_outage_changes_nothing():
    desk = Support(ONLY_SUPPORT)
    desk.tell(*beats("08:00", "09:00"), now="09:00")
    desk.restart()
    assert desk.tell(now="09:06") == ["breached technical_support/major 1"]
    desk.restart()
    assert desk.tell(now="09:07") == []
    assert desk.tell(sign("heartbeat", "09:08"), now="09:08:01") == [
        "breach_settled technical_support/major 2"
    ]


def test_a_hundred_thousand_heartbeats_an_hour_do_not_make_the_state_grow():
    desk, sizes = Support(), []
    for batch in range(100):
        begin = at("08:00") + batch * 36 * SECOND
        desk.tell(*[sign("heartbeat", begin + number * 36) for number in range(1_000)], now=begin)
        sizes.append(len(desk.changelog["support@default"] or b""))
    assert sizes[0] < 3_000
    assert max(sizes) - min(sizes) < 200  # digits of offsets and ids, no more
    # An instant for each step, until it has passed: no longer than the timeout and the first level.
    assert desk.partition.armed <= 1 + 6 * MINUTE // (36 * SECOND)


def test_signs_of_life_just_a_timeout_apart_are_merged():
    desk = Support()
    desk.tell(*beats("08:00", "12:00", every=MINUTE), now="12:00")
    assert len(desk.partition.open("support@default").channels["phone"]) == SINGLE + 1


def test_a_new_owner_that_does_not_know_its_log_yet_takes_nothing_back():
    desk = Support(ONLY_SUPPORT)
    desk.tell(*beats("08:00", "09:00"), now="09:06")
    desk.restart()
    assert desk.tell(sign("heartbeat", "09:07"), now=-1) == ["breach_settled technical_support/major 2"]


def test_desks_are_judged_anew_when_the_policies_changed():
    desk = Support(ONLY_SUPPORT)
    desk.tell(*beats("08:00", "09:00"), now="09:01")
    strict = desk_clock("technical_support", 1, {"major": 10 * SECOND})
    desk.policies = Policies([desk_policy(strict, version=2, since=at("08:00"))])
    desk.restart()
    assert desk.tell(now="09:01:00.001") == ["breached technical_support/major 1"]


@pytest.mark.parametrize("word", ["closed", "opened"])
def test_a_desk_whose_channel_flaps_without_end_forgets_its_oldest_past(word):
    desk, largest = Support(), 0
    for number in range(450):
        instant = at("08:00") + number * 2 * MINUTE
        desk.tell(sign(word, instant), sign("heartbeat", instant + MINUTE), now=instant)
        largest = max(largest, len(desk.changelog["support@default"] or b""))
    assert largest < 100_000


def test_an_outage_that_never_ends_is_of_the_version_that_it_began_under_and_of_no_later_one():
    versions = [desk_policy(SUPPORT, version=n, since=at(since)) for n, since in ((1, "08:00"), (2, "12:00"))]
    terms = Policies(versions).of_desk("default", "support")
    judgement = judge_desk(desk_of([sign("opened", "09:00")], MINUTE), terms, END_OF_TIME)
    assert [(run.policy.version, run.started_at) for run in judgement.runs] == [
        (1, at("08:00")),
        (1, at("09:01")),
    ]


def flaps(start: str, count: int, every: int) -> list[Fact]:
    """A channel that opens and closes again, so many times."""
    words = [("opened", 0), ("closed", every // 2)]
    return [sign(word, at(start) + n * every + after) for n in range(count) for word, after in words]


def test_what_was_not_told_before_it_is_forgotten_is_told_then():
    story = [*beats("08:00", "08:10"), *flaps("08:30", 300, 20 * SECOND)]
    followed, behind = Support(), Support()
    live = [line for one in story for line in followed.tell(one, now=one.time)]
    now = story[-1].time
    caught_up = behind.tell(*story, now=-1, clock=now) + behind.tell(now=now)
    assert [line for line in live if "major" in line] == [line for line in caught_up if "major" in line] != []


def test_signs_from_the_future_do_not_make_a_desk_deaf_to_those_of_today():
    desk = Support()
    desk.tell(*flaps("20:00", 450, SECOND), now="08:00")
    desk.tell(*beats("08:00", "08:30"), now="08:30")
    assert desk.step.outcomes == {Outcome.NEW: len(beats("08:00", "08:30"))}


def test_a_desk_takes_no_more_changes_than_it_may_have_and_goes_on_when_time_has_passed():
    desk = Support()
    story = flaps("08:00", MOST_SPANS, 10)
    desk.tell(*story[:MOST_SPANS], now="08:00")
    desk.tell(*story[MOST_SPANS:], now="08:00")
    assert desk.step.outcomes == {Outcome.FULL: MOST_SPANS}
    assert len(desk.step.refused) == MOST_SPANS
    desk.tell(sign("heartbeat", "09:00"), now="09:00")  # looked at, it forgets
    desk.tell(sign("heartbeat", "09:00:01"), now="09:00:01")
    assert desk.step.outcomes == {Outcome.NEW: 1}


def test_what_ended_longer_ago_than_the_retention_is_forgotten_and_what_lasts_is_not():
    desk = Support(retention=DAY)
    desk.tell(*beats("08:00", "09:00"), now="09:00")
    desk.tell(now="11:00")  # both clocks are in breach: one since 09:00:30, one since 08:00
    desk.tell(*beats("12:00", "13:00"), now="13:00")
    small = len(desk.changelog["support@default"] or b"")
    tomorrow = at("13:00") + 3 * DAY
    desk.tell(sign("heartbeat", tomorrow), now=tomorrow)
    assert len(desk.changelog["support@default"] or b"") < small
    # A sign from before that is too old to change anything.
    assert desk.tell(*beats("09:00", "12:00"), now=tomorrow + 1) == []
    assert set(desk.step.outcomes) == {Outcome.REPEATED}
    # Still the outage of one channel that began at 08:00, and no second one of the same.
    assert desk.tell(sign("opened", tomorrow, "chat"), now=tomorrow + 2) == [
        "breach_settled channel_choice/minor 2"
    ]
    assert desk.step.announcements[0].cycle == at("08:00")


def test_a_channel_too_many_is_refused_and_the_others_go_on():
    desk = Support()
    desk.tell(*[sign("opened", "08:00", f"c-{number}") for number in range(MOST_CHANNELS)], now="08:00")
    desk.tell(sign("opened", "08:01", "one-more"), sign("heartbeat", "08:01", "c-1"), now="08:01")
    assert desk.step.refused == [0]
    assert desk.step.outcomes == {Outcome.FULL: 1, Outcome.NEW: 1}


@pytest.mark.parametrize(("more", "refused"), [(-1, [1]), (0, []), (1, [])])
def test_a_sign_whose_desk_would_be_too_large_is_refused_and_the_others_go_on(more, refused):
    one, wide = sign("opened", "09:00"), sign("opened", "09:00:10", channel="x" * 120)
    desk = Support()
    desk.tell(one, now="09:00:20")
    largest = fits(desk.partition.weigh("support@default") + size(wide) + more)
    desk.partition = desk_partition(desk.policies, desk.retention, lambda _: True, largest)
    for key, value in desk.changelog.items():
        desk.partition.restore(key, value)
    desk.tell(one, wide, now="09:00:30")
    assert desk.step.refused == refused


def test_state_that_nobody_can_read_names_its_desk():
    desk = Support()
    desk.tell(sign("opened", "09:00"), now="09:00:20")
    desk.partition.restore("support@default", desk.changelog["support@default"][:-5])
    with pytest.raises(UnreadableStateError, match="its value is no state of a desk") as caught:
        desk.tell(sign("heartbeat", "09:00:30"), now="09:00:40")
    assert caught.value.key == "support@default"


def test_it_says_until_when_a_channel_is_open():
    desk = Support()
    signs = [sign("opened", "08:00"), sign("heartbeat", "08:00:30"), sign("opened", "08:00:10", "chat")]
    desk.tell(*signs, sign("closed", "08:00:20", "chat"), now="08:00:30")
    known = desk.partition.open("support@default")
    assert known.open_until(MINUTE, at("08:00:15")) == {"phone": at("08:01:30"), "chat": at("08:00:20")}
    assert known.open_until(MINUTE, at("08:01:29.999")) == {"phone": at("08:01:30")}
    assert known.open_until(MINUTE, at("08:01:30")) == {}


def test_the_letters_policy_asks_for_one_channel_and_for_two():
    assert [(clock.name, clock.min_open) for clock in LETTERS.versions[0].clocks] == [
        (SUPPORT.name, 1),
        (CHOICE.name, 2),
    ]


@pytest.mark.parametrize(("late", "known"), [(-1, True), (0, True), (1, False)])
def test_an_outage_that_ends_in_a_year_that_the_calendar_lacks_names_the_sign_that_ended_it(late, known):
    year = calendar("UTC", range(2026, 2027), mon_sun="0-24")
    begun, again = hours_at(year, "2026-12-31 20:00"), hours_at(year, "2027-01-01 00:00") + late
    policies = Policies([desk_policy(desk_clock("c", 1, {"major": HOUR}, year), since=begun - MINUTE)])
    signs = [sign("opened", begun - MINUTE), sign("closed", begun), sign("opened", again)]
    run, *_ = judge_desk(desk_of(signs, MINUTE), policies.of_desk("default", "support"), END_OF_TIME).runs
    assert run.started_at == begun
    assert (run.end, run.end_beyond) == ((signs[2], None) if known else (None, signs[2]))
