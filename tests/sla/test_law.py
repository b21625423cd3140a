"""The law: what stands in the end depends on the set of facts alone, whatever happened on the way."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from service.sla.announcement import Announcement, Type
from service.sla.changes import About, standing
from service.sla.judge import judge
from service.sla.state import decode
from service.sla.tickets import ticket_partition
from tests.naive.histories import FAR, Made, made
from tests.naive.judge import naive_judge
from tests.naive.policies import TENANT
from tests.sla.test_histories import rows

KEY = f"t1@{TENANT}"
TRUE = {Type.BREACHED, Type.BREACH_SETTLED, Type.AT_RISK, Type.MET, Type.CANCELLED}
# A warning is told only while it can still help: whether it was depends on when somebody looked.
NET = TRUE - {Type.AT_RISK}
RETENTION = FAR


def verdict(told: Announcement) -> tuple:
    """What billing and operations act on."""
    return (
        told.type,
        told.state,
        told.customer_id,
        told.policy,
        (told.rank, told.supersedes, told.zone, told.attributes),
        (told.started_at, told.due_at, told.stopped_at),
        (told.paused_for, told.elapsed_for, told.overrun_for),
        told.reason if told.type is Type.CANCELLED else None,
    )


def net(announcements: list[Announcement]) -> dict[str, tuple]:
    """The latest revision of each breach id, of those that stand."""
    latest = {told.breach_id: told for told in sorted(announcements, key=lambda told: told.revision)}
    return {name: verdict(told) for name, told in latest.items() if told.type in NET}


def well_formed(announcements: list[Announcement]) -> None:
    """Revisions count from 1; nothing is taken back that does not stand."""
    by_id: dict[str, list[Announcement]] = defaultdict(list)
    for told in announcements:
        by_id[told.breach_id].append(told)
    for history in by_id.values():
        assert [told.revision for told in history] == list(range(1, len(history) + 1))
        stands = [False, *[told.type in TRUE for told in history]]
        for before, told in zip(stands, history, strict=False):
            assert before or told.type in TRUE, "taken back twice"
            first_of_a_truth = told.type in {Type.BREACHED, Type.AT_RISK, Type.MET, Type.CANCELLED}
            assert before or first_of_a_truth, "settled before it was breached"
            assert not (before and told.type in {Type.AT_RISK, Type.MET, Type.CANCELLED}), "told twice"


@st.composite
def deliveries(draw) -> tuple[Made, list[tuple[list, int, bool]]]:
    """A history, and steps (facts, watermark, restart before it) that deliver each fact at least once."""
    story = draw(made())
    repeated = draw(st.lists(st.sampled_from(story.facts), max_size=4))
    arrivals = draw(st.permutations([*story.facts, *repeated]))
    instants = sorted(draw(st.lists(st.integers(story.at - 10**8, story.at), min_size=1, max_size=8)))
    steps = []
    for instant in instants:
        many = draw(st.integers(0, len(arrivals)))
        steps.append((arrivals[:many], instant, draw(st.booleans())))
        arrivals = arrivals[many:]
    return story, [*steps, (arrivals, story.at, draw(st.booleans())), ([], story.at, False)]


@settings(max_examples=2_000, deadline=None)
@given(deliveries())
def test_any_order_repetition_cut_wake_up_and_restart_give_what_the_judge_says_of_the_whole(delivery):
    story, steps = delivery
    partition, changelog, announced = ticket_partition(story.policies, RETENTION), {}, []
    for facts, at, restart in steps:
        if restart:
            partition = ticket_partition(story.policies, RETENTION)
            for key, value in changelog.items():
                partition.restore(key, value)
            at_first = 0  # a new owner does not know how complete its log is
        else:
            at_first = at
        for when, arrivals in ((at_first, [(KEY, fact) for fact in facts]), (at, [])):
            step = partition.step(arrivals, at=when, now=when, offset=0, grace=0)
            changelog |= step.changes
            announced += step.announcements
    judgement = judge(story.facts, story.policies, TENANT, story.at)
    expected = net(standing(About(TENANT, "t1"), judgement, story.at))
    assert net(announced) == expected
    well_formed(announced)
    kept = decode(changelog[KEY])
    states = rows(kept.facts, story.policies, TENANT, story.at)
    assert states == naive_judge(story.facts, story.policies, TENANT, story.at)
    # Nothing is left to tell: judged once more, with no news, the partition is silent.
    assert partition.step([], at=story.at, now=story.at, offset=0, grace=0).announcements == []
