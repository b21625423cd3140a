"""What a process knows otherwise than it is published: named, version by version and field by field."""

from pathlib import Path

import pytest

from service.policy.differences import differences
from service.policy.in_force import known_policies
from service.policy.publication_plan import plan_retirement
from service.sla.policy import Policies
from tests.policy.shelf import JUNE, MINUTE, Shelf

SECOND_FROM, END = JUNE + 10 * MINUTE, JUNE + 20 * MINUTE


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Two versions of one id, the second ahead, by a calendar that has years."""
    shelf = Shelf(tmp_path)
    shelf.put_calendar()
    shelf.put("a", 1, effective=JUNE, calendar="cn")
    shelf.put("a", 2, effective=SECOND_FROM, calendar="cn")
    shelf.publish(may_backdate=True)
    return shelf


def published(shelf: Shelf) -> Policies:
    return shelf.published.directory.policies


def told(here: Policies, there: Policies, *, their_clock: int = JUNE) -> list[str]:
    """The differences of a process that knows `there`, by its clock; ours shows June."""
    return [str(one) for one in differences(here, known_policies(there, their_clock), JUNE)]


def test_a_process_that_knows_the_same_differs_in_nothing(shelf: Shelf) -> None:
    assert told(published(shelf), published(shelf)) == []


def test_versions_that_one_of_them_lacks_are_named(shelf: Shelf) -> None:
    old = Policies([one for one in published(shelf).versions if one.version == 1])
    # Without the second version the first has no end, either.
    end = "2026-06-01T00:10:00.000Z"
    assert told(published(shelf), old) == [
        f"has until none of a version 1, and published is {end}",
        "does not know a version 2",
    ]
    assert told(old, published(shelf)) == [
        f"has until {end} of a version 1, and published is none",
        "knows a version 2, which is not published",
    ]
    assert told(published(shelf), Policies(())) == ["does not know a version 1", "does not know a version 2"]


def test_the_end_of_an_id_that_a_process_has_not_heard_of_is_named(shelf: Shelf) -> None:
    ends = plan_retirement("a", END, shelf.published, JUNE).after.directory.policies
    assert told(ends, published(shelf)) == [
        "has until none of a version 2, and published is 2026-06-01T00:20:00.000Z"
    ]


def test_a_year_that_a_process_has_not_heard_of_is_named(shelf: Shelf) -> None:
    before = published(shelf)
    shelf.put_calendar(("years: [2025, 2026]", "years: [2025, 2026, 2027]"))
    shelf.publish()
    assert told(published(shelf), before) == [
        f"has calendars cn 2025, 2026 of a version {version}, and published is cn 2025, 2026, 2027"
        for version in (1, 2)
    ]


def test_other_content_under_the_same_version_is_named(tmp_path: Path) -> None:
    hashes = []
    policies = []
    for name, after in (("here", "30m"), ("there", "20m")):
        (tmp_path / name).mkdir()
        one = Shelf(tmp_path / name)
        one.put("a", after=after)
        one.publish()
        policies.append(published(one))
        hashes.append(published(one).versions[0].sha256)
    assert told(*policies) == [f"has sha256 {hashes[1]} of a version 1, and published is {hashes[0]}"]


@pytest.mark.parametrize(
    ("clock", "theirs"),
    [
        (SECOND_FROM - 1, ("in_force", "future")),
        (SECOND_FROM, ("superseded", "in_force")),
        (SECOND_FROM + 1, ("superseded", "in_force")),
    ],
)
def test_a_process_whose_clock_passes_an_instant_before_ours_differs_in_the_state(
    shelf: Shelf, clock: int, theirs: tuple[str, str]
) -> None:
    wrong = ": one of the two clocks is wrong"
    assert told(published(shelf), published(shelf), their_clock=clock) == [
        f"has state {state} of a version {version}, and published is {ours}{wrong}"
        for version, state, ours in zip((1, 2), theirs, ("in_force", "future"), strict=True)
        if state != ours
    ]


def test_a_field_that_older_software_does_not_tell_is_no_difference(shelf: Shelf) -> None:
    said = [
        {key: row[key] for key in ("policy", "version", "agreement", "state")}
        for row in known_policies(published(shelf), JUNE)
    ]
    assert list(differences(published(shelf), said, JUNE)) == []
    assert said[0]["version"] == "1"
