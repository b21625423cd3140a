"""Letter 2 as a policy: hours for the response, working days for the result, refusal, follow-up, silence."""

from pathlib import Path

import pytest

from schemas.instant import milliseconds, read
from service.policy.directory import read_policies
from service.sla.facts import Fact
from service.sla.judge import LevelState, Run, judge
from tests.sla.stories import fact

POLICIES = read_policies(Path(__file__).parents[2] / "policies").policies
RECEIVED = "2026-02-13T16:00:00+08:00"  # the last Friday before Chinese New Year; see test_calendar_cn
RESULT_DUE = "2026-02-27T18:00:00+08:00"  # the fifth working day after it


def ms(text: str) -> int:
    return milliseconds(read(text))


def judged(at: str, *facts: Fact, tenant: str = "letter-2") -> dict[str, Run]:
    return {run.clock.name: run for run in judge(facts, POLICIES, tenant, ms(at)).runs}


def state(run: Run, level: str = "breach") -> LevelState:
    return next(verdict.state for verdict in run.verdicts if verdict.level.name == level)


def due(run: Run, level: str = "breach") -> int | None:
    return next(verdict.due_at for verdict in run.verdicts if verdict.level.name == level)


def test_only_the_tenants_that_signed_it_have_it():
    received = fact("received", ms(RECEIVED))
    assert set(judged(RECEIVED, received)) == {"response", "result"}
    assert set(judged(RECEIVED, received, tenant="default")) == {
        "response",
        "resolution",
        "preliminary_solution",
    }


def test_the_response_is_due_after_hours_of_the_clock_on_the_wall():
    assert due(judged(RECEIVED, fact("received", ms(RECEIVED)))["response"]) == ms(
        "2026-02-14T16:00:00+08:00"
    )


def test_the_result_is_due_at_the_close_of_the_fifth_working_day():
    run = judged(RECEIVED, fact("received", ms(RECEIVED)))["result"]
    assert due(run) == ms(RESULT_DUE)
    assert due(run, "warning") == ms("2026-02-26T18:00:00+08:00")


@pytest.mark.parametrize(
    ("late", "expected"), [(-1, LevelState.MET), (0, LevelState.MET), (1, LevelState.BREACHED)]
)
def test_a_result_at_the_close_itself_is_in_time(late: int, expected: LevelState):
    told = fact("feedback_delivered", ms(RESULT_DUE) + late)
    run = judged("2026-03-30T00:00:00Z", fact("received", ms(RECEIVED)), told)["result"]
    assert state(run) == expected


@pytest.mark.parametrize(("late", "expected"), [(0, LevelState.RUNNING), (1, LevelState.BREACHED)])
def test_a_refusal_is_a_breach_at_once_and_nothing_undoes_it(late: int, expected: LevelState):
    refused = ms("2026-02-13T16:10:00+08:00")
    facts = [fact("received", ms(RECEIVED)), fact("refused", refused)]
    [run] = [
        run for run in judge(facts, POLICIES, "letter-2", refused + late).runs if run.clock.name == "refusal"
    ]
    assert (due(run), state(run)) == (refused, expected)
    told = fact("feedback_delivered", refused + 60_000)
    assert state(judged("2026-03-30T00:00:00Z", *facts, told)["refusal"]) == LevelState.BREACHED


def test_the_follow_up_is_due_ten_working_days_after_the_feedback():
    told = fact("feedback_delivered", ms("2026-09-30T17:30:00+08:00"))
    run = judged("2026-09-30T17:30:00+08:00", fact("received", ms("2026-09-29T10:00:00+08:00")), told)[
        "follow_up"
    ]
    assert due(run) == ms("2026-10-20T18:00:00+08:00")  # from the 8th, with Saturday the 10th


def test_a_complaint_that_nobody_touches_shows_after_three_days():
    [policy] = [policy for policy in POLICIES.versions if policy.id == "letter-2"]
    assert policy.stalled_after_ms == 72 * 3_600_000
