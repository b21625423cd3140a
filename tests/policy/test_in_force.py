"""What is and will be in force: each version in one state, from one instant to the next."""

from pathlib import Path

import pytest

from service.policy.in_force import in_force_line, policy_labels, policy_spans
from service.policy.publication_plan import plan_retirement
from service.sla.policy import Policies
from tests.policy.shelf import JUNE, MINUTE, Shelf

SECOND_FROM, END = JUNE + 10 * MINUTE, JUNE + 20 * MINUTE


@pytest.fixture
def policies(tmp_path: Path) -> Policies:
    """One id: a version, the next one, and the end of both; a version too late; another id."""
    shelf = Shelf(tmp_path)
    shelf.put("a", 1, effective=JUNE)
    shelf.put("a", 2, effective=SECOND_FROM)
    shelf.put("a", 3, effective=END)
    shelf.put("b", 1, effective=JUNE, match="{team: b}")
    shelf.publish(may_backdate=True)
    return plan_retirement("a", END, shelf.published, JUNE).after.directory.policies


@pytest.mark.parametrize(
    ("at", "states"),
    [
        (JUNE - 1, ["future", "future", "retired", "future"]),
        (JUNE, ["in_force", "future", "retired", "in_force"]),
        (SECOND_FROM - 1, ["in_force", "future", "retired", "in_force"]),
        (SECOND_FROM, ["superseded", "in_force", "retired", "in_force"]),
        (SECOND_FROM + 1, ["superseded", "in_force", "retired", "in_force"]),
        (END - 1, ["superseded", "in_force", "retired", "in_force"]),
        (END, ["superseded", "retired", "retired", "in_force"]),
        (END + 1, ["superseded", "retired", "retired", "in_force"]),
    ],
)
def test_a_version_is_in_one_state(policies: Policies, at: int, states: list[str]) -> None:
    assert [span.state.value for span in policy_spans(policies, at)] == states


@pytest.mark.parametrize("at", [JUNE - 1, JUNE, SECOND_FROM - 1, SECOND_FROM, END - 1, END, END + 1])
def test_in_force_is_what_a_cycle_that_starts_now_can_choose(policies: Policies, at: int) -> None:
    shown = {
        (one.policy.id, one.policy.version) for one in policy_spans(policies, at) if one.state == "in_force"
    }
    chosen = (policies.choose("default", {"team": team}, at) for team in ("a", "b"))
    assert shown >= {(one.id, one.version) for one in chosen if one}
    assert bool(shown) is (policies.choose("default", {"team": "b"}, at) is not None)


def test_each_version_ends_where_the_next_one_begins(policies: Policies) -> None:
    spans = [(one.policy.id, one.since, one.until) for one in policy_spans(policies, JUNE)]
    assert spans == [("a", JUNE, SECOND_FROM), ("a", SECOND_FROM, END), ("a", END, END), ("b", JUNE, None)]


def test_the_line_of_the_start_names_what_is_in_force_and_what_comes(policies: Policies) -> None:
    assert in_force_line(policies, JUNE) == (
        "in force: a version 1 until 2026-06-01T00:10:00.000Z, b version 1; to come: "
        "a version 2 from 2026-06-01T00:10:00.000Z until 2026-06-01T00:20:00.000Z"
    )
    assert in_force_line(policies, END) == "in force: b version 1"
    assert in_force_line(Policies(()), END) == "in force: no policy"


def test_labels_name_the_agreement_of_tickets(policies: Policies) -> None:
    assert next(policy_labels(policies, JUNE)) == ("a", "1", "default", "in_force")


def test_a_calendar_is_shown_with_its_years(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put_calendar()
    shelf.put("office", calendar="cn")
    [span] = policy_spans(shelf.plan().after.directory.policies, JUNE)
    assert span.calendars == {"cn": range(2025, 2027)}
