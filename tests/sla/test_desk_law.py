"""The law for desks: what stands depends on the set of signs alone; a second judge says what that is."""

from hypothesis import given, settings
from hypothesis import strategies as st

from service.sla.announcement import Announcement
from service.sla.desks.desks import desk_partition
from service.sla.facts import Fact
from service.sla.policy import Policies
from tests.naive.desk import verdicts
from tests.sla.desks import desk_clock, desk_policy, sign
from tests.sla.test_law import NET, well_formed

END = 120  # ms, of the signs; so that a slow judge may look at each of them
FAR = 10**15
WORDS = st.sampled_from(["heartbeat", "heartbeat", "heartbeat", "opened", "closed"])


@st.composite
def promises(draw) -> list:
    """One or two versions, each with both clocks."""
    versions = []
    for version in range(1, draw(st.integers(2, 3))):
        clocks = [
            desk_clock("technical_support", 1, {"major": draw(st.integers(1, 30))}),
            desk_clock(
                "channel_choice", 2, {"minor": draw(st.integers(1, 20)), "major": draw(st.integers(21, 40))}
            ),
        ]
        since = draw(st.integers(0, END))
        versions.append(desk_policy(*clocks, timeout=draw(st.integers(1, 30)), version=version, since=since))
    return versions


@st.composite
def stories(draw) -> list[Fact]:
    """Few enough signs that each is still known by itself; see channel.SINGLE."""
    channels = draw(st.integers(1, 3))
    return [
        sign(draw(WORDS), draw(st.integers(0, END)), f"c-{channel}")
        for channel in range(channels)
        for _ in range(draw(st.integers(0, 8)))
    ]


@st.composite
def deliveries(draw, story: list[Fact]) -> list[tuple[list[Fact], int, bool]]:
    """Steps (signs, watermark, restart before it) that deliver each sign at least once."""
    repeated = draw(st.lists(st.sampled_from(story), max_size=4)) if story else []
    arrivals = draw(st.permutations([*story, *repeated]))
    steps = []
    for instant in sorted(draw(st.lists(st.integers(0, END + 100), max_size=6))):
        many = draw(st.integers(0, len(arrivals)))
        steps.append((arrivals[:many], instant, draw(st.booleans())))
        arrivals = arrivals[many:]
    return [*steps, (arrivals, END + 100, draw(st.booleans())), ([], END + 100, False)]


def run(policies: Policies, steps: list[tuple[list[Fact], int, bool]]) -> list[Announcement]:
    partition, changelog, announced = desk_partition(policies, FAR, lambda _: True), {}, []
    for signs, at, restart in steps:
        if restart:
            partition = desk_partition(policies, FAR, lambda _: True)
            for key, value in changelog.items():
                partition.restore(key, value)
        at_first = -1 if restart else at  # a new owner does not know how complete its log is
        for when, arrivals in ((at_first, [("support@default", one) for one in signs]), (at, [])):
            step = partition.step(arrivals, at=when, now=max(when, 0), offset=0, grace=0)
            changelog |= step.changes
            announced += step.announcements
    at = steps[-1][1]
    assert partition.step([], at=at, now=at, offset=0, grace=0).announcements == []
    return announced


def net(announced: list[Announcement]) -> dict:
    """What stands, as the naive judge says it."""
    latest = {told.breach_id: told for told in sorted(announced, key=lambda told: told.revision)}
    return {
        (told.clock, told.cycle, told.level): (str(told.type), told.stopped_at)
        for told in latest.values()
        if told.type in NET
    }


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_order_repetition_cut_wake_up_and_restart_give_what_a_second_judge_says_of_the_whole(data):
    versions, story = data.draw(promises()), data.draw(stories())
    announced = run(Policies(versions), data.draw(deliveries(story)))
    assert net(announced) == verdicts(story, versions, END + 100, END + 31)
    well_formed(announced)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_signs_of_life_that_were_merged_may_still_come_in_any_order(data):
    """More of them than are known one by one; what closes a channel comes in its place."""
    versions = data.draw(promises())
    instants = data.draw(st.lists(st.integers(0, END), min_size=20, max_size=80))
    story = [sign("heartbeat", instant, "c-0") for instant in instants]
    announced = run(Policies(versions), data.draw(deliveries(story)))
    assert net(announced) == verdicts(story, versions, END + 100, END + 31)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_long_story_in_its_own_order_is_judged_whole(data):
    versions = data.draw(promises())
    signs = data.draw(st.lists(st.tuples(WORDS, st.integers(0, END), st.integers(0, 1)), max_size=80))
    story = sorted((sign(word, at, f"c-{channel}") for word, at, channel in signs), key=lambda one: one.time)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(story)), max_size=5)))
    parts = [story[a:b] for a, b in zip([0, *cuts], [*cuts, len(story)], strict=True)]
    steps = [(part, part[-1].time if part else 0, data.draw(st.booleans())) for part in parts]
    high = 0
    for index, (part, at, restart) in enumerate(steps):
        high = max(high, at)
        steps[index] = (part, high, restart)
    announced = run(Policies(versions), [*steps, ([], END + 100, False)])
    assert net(announced) == verdicts(story, versions, END + 100, END + 31)
