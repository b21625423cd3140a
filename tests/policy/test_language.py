"""Agreements, exemptions, levels in order, codes made fit, zones: what a policy may say, and the hints."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from service.policy.bad_policies import BadPolicies
from service.policy.directory import read_policies
from service.policy.policy_file import PolicyFile, read_policy
from service.policy.zone import _MEANT_BY
from service.timezones import zone_names

LETTER: dict[str, Any] = {
    "policy": "letter",
    "version": "1",
    "effective_from": "2026-01-01T00:00:00+08:00",
    "clocks": {
        "response": {
            "start": "received",
            "stop": ["response_started"],
            "levels": [
                {"level": "warning", "after": "80%"},
                {"level": "minor", "after": "30m"},
                {"level": "major", "after": "1h"},
            ],
        }
    },
}
EXEMPT = {"policy": "spared", "version": "1", "effective_from": "2026-01-01T00:00:00+08:00", "exempt": "true"}


def read(changes: dict[str, Any], base: dict[str, Any] = LETTER) -> PolicyFile:
    return read_policy("p.yaml", yaml.safe_dump({**base, **changes}, sort_keys=False).encode())


def refused(changes: dict[str, Any], base: dict[str, Any] = LETTER) -> str:
    with pytest.raises(BadPolicies) as bad:
        read(changes, base)
    return str(bad.value)


def levels(*rows: tuple[str, str]) -> dict[str, Any]:
    written = [{"level": level, "after": after} for level, after in rows]
    return {"clocks": {"response": {**LETTER["clocks"]["response"], "levels": written}}}


def test_what_a_file_does_not_say() -> None:
    policy = read({}).policy
    assert (policy.agreement, policy.exempt, policy.held_after_ms) == ("default", False, None)


@pytest.mark.parametrize(
    ("effective_from", "zone"),
    [
        ("2026-01-01T00:00:00+08:00", "+08:00"),
        ("2026-01-01T00:00:00Z", "+00:00"),
        ("2026-01-01T00:00:00.250-03:30", "-03:30"),
    ],
)
def test_without_a_zone_the_offset_of_effective_from_dates_what_has_no_calendar(
    effective_from: str, zone: str
) -> None:
    assert read({"effective_from": effective_from}).policy.zone == zone


def test_all_of_it() -> None:
    policy = read(
        {
            "agreement": "internal",
            "zone": "Asia/Shanghai",
            "held_after": "72h",
            "match": {"team": ["t 1", "7"]},
        }
    ).policy
    assert (policy.agreement, policy.zone, policy.held_after_ms) == ("internal", "Asia/Shanghai", 259_200_000)
    assert policy.match == (("team", frozenset({"t_1", "7"})),)


def test_breach_levels_have_ranks_and_warnings_none() -> None:
    found = read({}).policy.clocks[0].levels
    assert [(level.name, level.rank) for level in found] == [("warning", None), ("minor", 1), ("major", 2)]


@pytest.mark.parametrize(("second", "fits"), [("29m59s", False), ("30m", False), ("30m0.001s", True)])
def test_breach_levels_ascend(second: str, fits: bool) -> None:
    rows = levels(("minor", "30m"), ("warning", "5m"), ("major", second))
    if fits:
        assert read(rows).policy.clocks[0].levels[2].rank == 2
    else:
        assert "must be longer than 30m of minor: breach levels ascend" in refused(rows)


def test_levels_are_durations_or_working_days_and_not_both(tmp_path: Path) -> None:
    week = {day: [["09:00", "17:00"]] for day in ("mon", "tue")}
    (tmp_path / "calendars").mkdir()
    calendar = {"calendar": "desk", "timezone": "Asia/Shanghai", "week": week}
    (tmp_path / "calendars" / "desk.yaml").write_text(yaml.safe_dump(calendar))
    rows = levels(("minor", "30m"), ("major", "2 working days"))
    (tmp_path / "p.yaml").write_text(yaml.safe_dump({**LETTER, **rows, "calendar": "desk"}))
    with pytest.raises(BadPolicies, match="all durations, or all working days"):
        read_policies(tmp_path)


@pytest.mark.parametrize("field", ["clocks", "calendar", "zone", "stalled_after", "held_after"])
def test_an_exempt_policy_has_nothing_that_only_clocks_need(field: str) -> None:
    assert read({"match": {"priority": "p4"}}, EXEMPT).policy.exempt
    of_clocks = {
        "clocks": LETTER["clocks"],
        "calendar": "always",
        "zone": "Asia/Shanghai",
        "stalled_after": "20m",
        "held_after": "1h",
    }
    assert f"{field}: has no use in an exempt policy" in refused({field: of_clocks[field]}, EXEMPT)


def test_exempt_is_true_or_left_out() -> None:
    assert "exempt: must be true; leave it out where clocks judge" in refused({"exempt": "false"}, EXEMPT)


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        (
            {"match": {"priority": "!p1"}},
            "write a policy with exempt: true that matches the tickets to leave",
        ),
        ({"match": {"complexity": ["!complex"]}}, "write a policy with exempt: true"),
        (
            {"clocks": {"response": {**LETTER["clocks"]["response"], "when": {"priority": "!p1"}}}},
            "when.priority: “!p1” does not mean “not”; name the values that are meant",
        ),
        (
            {"clocks": {"response": {**LETTER["clocks"]["response"], "pause": ["!customer"]}}},
            "pause[0]: “!customer” does not mean “not”; name the values that are meant",
        ),
        ({"match": {"priority": "please call me back"}}, "is no code of 1 to 64 characters"),
        ({"zone": "Asia/Beijing"}, "is no IANA time zone; write Asia/Shanghai"),
        ({"zone": "UTC+8"}, "an offset does not say when the clocks shift; write for example Asia/Shanghai"),
        ({"zone": "+08:00"}, "an offset does not say when the clocks shift"),
        (
            {"zone": "CST"},
            "“CST” is no IANA time zone; CST is ambiguous: write Asia/Shanghai or America/Chicago",
        ),
        ({"zone": "cst"}, "cst is ambiguous: write Asia/Shanghai or America/Chicago"),
        ({"zone": "PST"}, "PST is ambiguous: write America/Los_Angeles or Asia/Manila"),
        ({"zone": "IST"}, "IST is ambiguous: write Asia/Kolkata or Europe/Dublin or Asia/Jerusalem"),
        ({"zone": "BST"}, "BST is ambiguous: write Europe/London or Asia/Dhaka"),
        ({"zone": "est"}, "est is ambiguous: write America/New_York or America/Panama"),
        (
            {"zone": "EDT"},
            "“EDT” is no IANA time zone; an abbreviation names no place: write America/New_York",
        ),
        ({"zone": "WIB"}, "an abbreviation names no place: write for example Asia/Shanghai"),
        ({"zone": "asia/shanghai"}, "“asia/shanghai” is no IANA time zone; did you mean Asia/Shanghai?"),
        ({"zone": "utc"}, "“utc” is no IANA time zone; did you mean UTC?"),
        ({"agreement": "a b"}, "must have 1 to 128 characters, each a letter from A to Z"),
        ({"held_after": "0s"}, "must be longer than nothing"),
        ({"match": {"teem": "t1"}}, "no such field; did you mean team?"),
    ],
)
def test_hints(changes: dict[str, Any], hint: str) -> None:
    assert hint in refused(changes)


def written(directory: Path, *policies: dict[str, Any]) -> None:
    for number, policy in enumerate(policies):
        (directory / f"{number}.yaml").write_text(yaml.safe_dump(policy, sort_keys=False))


def test_two_agreements_may_fit_one_ticket(tmp_path: Path) -> None:
    touch = {"touch": LETTER["clocks"]["response"]}
    written(tmp_path, LETTER, {**LETTER, "policy": "inside", "agreement": "internal", "clocks": touch})
    assert read_policies(tmp_path).policies.agreements == ("default", "internal")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"policy": "inside", "agreement": "internal"},
            "clocks: the clock name response belongs to the agreement default",
        ),
        (
            {"version": "2", "effective_from": "2027-01-01T00:00:00+08:00", "agreement": "internal"},
            "agreement: letter is of the agreement default in",
        ),
    ],
)
def test_an_id_and_a_clock_name_keep_their_agreement(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    written(tmp_path, LETTER, {**LETTER, **changes})
    with pytest.raises(BadPolicies, match=reason):
        read_policies(tmp_path)


def test_every_zone_that_a_hint_names_is_there() -> None:
    named = {name for meant in _MEANT_BY.values() for name in meant}
    assert named - {*zone_names()} == set()
