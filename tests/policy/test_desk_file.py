"""Policies for support desks: what they say, and what is refused with line, field and reason."""

from pathlib import Path

import pytest

from service.offline.policies_check import check
from service.policy.bad_policies import BadPolicies
from service.policy.directory import read_policies
from service.policy.policy_file import read_policy
from service.sla.policy import InForce, Policies

SUPPORT = Path(__file__).parents[2] / "policies" / "desks" / "support-7x24.yaml"
TEXT = """\
policy: support-7x24
version: 1
effective_from: 2026-01-01T00:00:00+08:00
desks: [support, night]
heartbeat_timeout: 60s
clocks:
  technical_support: {clause: "2.3.4", min_open: 1, levels: [{level: major, after: 5m}]}
"""


def test_the_shipped_policy_is_the_letters_support_around_the_clock_and_two_channels():
    policy = read_policy("support-7x24.yaml", SUPPORT.read_bytes()).policy
    assert (policy.desks, policy.heartbeat_timeout_ms) == ({"support"}, 60_000)
    assert [
        (clock.name, clock.clause, clock.min_open, level.name, level.after_ms)
        for clock in policy.clocks
        for level in clock.levels
    ] == [
        ("technical_support", "2.3.4", 1, "major", 300_000),
        ("channel_choice", "2.2(2)", 2, "minor", 1_800_000),
    ]


def test_a_policy_for_desks_judges_no_ticket():
    policies = Policies([read_policy("p.yaml", TEXT.encode()).policy])
    assert policies.choose("default", {}, 2_000_000_000_000) is None
    assert policies.desks == {("default", "support"), ("default", "night")}


def test_it_is_about_the_desks_of_the_tenants_it_names():
    text = TEXT + "match: {tenant: [acme, north]}\n"
    policy = read_policy("p.yaml", text.encode()).policy
    policies = Policies([policy])
    assert policies.of_desk("acme", "night") == [InForce(policy, policy.effective_from, None)]
    assert policies.of_desk("default", "night") == []


@pytest.mark.parametrize(
    ("old", "new", "where", "reason"),
    [
        ("[support, night]", "[]", "4: desks", "must not be an empty list"),
        ("[support, night]", '["a b"]', "4: desks[0]", "must have 1 to 128 characters"),
        ("60s", "0s", "5: heartbeat_timeout", "“0s” must be longer than nothing"),
        ("60s", "often", "5: heartbeat_timeout", "“often” is no duration"),
        (
            "technical_support:",
            "activity:",
            "7: clocks.activity",
            "the name activity is kept for stalled_after",
        ),
        ("heartbeat_timeout: 60s\n", "", "1: heartbeat_timeout", "is missing"),
        ("heartbeat_timeout", "heartbeat_timout", "5: heartbeat_timout", "did you mean heartbeat_timeout?"),
        ("min_open: 1", "min_open: 0", "7: clocks.technical_support.min_open", "a whole number from 1 to 99"),
        ("min_open: 1, ", "", "7: clocks.technical_support.min_open", "is missing"),
        ("min_open", "minopen", "7: clocks.technical_support.minopen", "did you mean min_open?"),
        ("min_open: 1", "min_open: 1, stop: []", "7: clocks.technical_support.stop", "no such field"),
        ("version: 1", "version: 1\nstalled_after: 1h", "3: stalled_after", "no such field"),
        (
            "version: 1",
            "version: 1\nmatch: {region: x}",
            "3: match.region",
            "no such field; it is one of tenant",
        ),
    ],
)
def test_one_line_says_what_is_wrong(old, new, where, reason):
    assert old in TEXT
    with pytest.raises(BadPolicies) as bad:
        read_policy("p.yaml", TEXT.replace(old, new).encode())
    lines = str(bad.value).splitlines()
    assert any(line.startswith(f"p.yaml:{where}: ") and reason in line for line in lines), lines


def test_a_ticket_s_policy_has_no_timeout():
    text = TEXT.replace("desks: [support, night]\n", "")
    with pytest.raises(BadPolicies, match="heartbeat_timeout: no such field"):
        read_policy("p.yaml", text.encode())


@pytest.mark.parametrize(
    ("desks", "tenant", "effective_from", "tie"),
    [
        ("night", "", "2026-01-01", True),
        ("day", "", "2026-01-01", False),
        ("night", "match: {tenant: acme}", "2026-01-01", False),
        ("night", "", "2030-01-01", True),  # the first one is in force for good
    ],
)
def test_a_desk_is_judged_by_one_policy_at_a_time(tmp_path, desks, tenant, effective_from, tie):
    (tmp_path / "a.yaml").write_text(TEXT)
    other = TEXT.replace("policy: support-7x24", "policy: other").replace("[support, night]", f"[{desks}]")
    (tmp_path / "b.yaml").write_text(other.replace("2026-01-01", effective_from) + tenant)
    if not tie:
        assert len(read_policies(tmp_path).files) == 2
        return
    with pytest.raises(BadPolicies, match="4: desks: desk night is already judged by support-7x24 version 1"):
        read_policies(tmp_path)


def test_policies_check_shows_when_a_silent_desk_breaks_its_promise(tmp_path, capsys):
    import sys

    (tmp_path / "a.yaml").write_text(TEXT)
    assert check(tmp_path, sys.stdout, sys.stderr) == 0
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert (
        "in force from 2026-01-01 00:00:00.000+08:00 for desk night and support of tenant default;"
        " a channel is open for 1m after a sign of life"
    ) in said
    assert "technical_support 2.3.4 fewer than 1 open 1 open major 5m 2026-01-01 00:05:00.000+08:00" in said
