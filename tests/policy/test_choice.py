"""Which policy judges a cycle: of each id the highest version in force; of those, who asks for most."""

import pytest

from service.policy.policy_file import read_policy
from service.sla.policy import Policies, Policy

JANUARY = 1_767_225_600_000  # 2026-01-01T00:00:00Z
JUNE = 1_780_272_000_000  # 2026-06-01T00:00:00Z


def policy(name: str, version: int, effective_from: str, match: str) -> Policy:
    text = f"""
        {{policy: {name}, version: {version}, effective_from: "{effective_from}", match: {match}, clocks:
          {{response: {{start: received, stop: [closed], levels: [{{level: minor, after: 30m}}]}}}}}}"""
    return read_policy("p.yaml", text.encode()).policy


POLICIES = Policies(
    [
        policy("all", 2, "2026-06-01T00:00:00Z", "{}"),
        policy("all", 1, "2026-01-01T00:00:00Z", "{}"),
        policy("phone", 1, "2026-01-01T00:00:00Z", "{channel: phone}"),
        policy("north", 1, "2026-01-01T00:00:00Z", "{channel: [phone, email], tenant: north}"),
        policy("moved", 1, "2026-01-01T00:00:00Z", "{customer_id: c1, channel: other, region: east}"),
        policy("moved", 2, "2026-06-01T00:00:00Z", "{customer_id: c2, channel: other, region: east}"),
    ]
)


def chosen(tenant: str, started_at: int, **attributes: str) -> tuple[str, int] | None:
    found = POLICIES.choose(tenant, attributes, started_at)
    return (found.id, found.version) if found else None


@pytest.mark.parametrize(
    ("started_at", "policy"),
    [
        (JANUARY - 1, None),
        (JANUARY, ("all", 1)),
        (JANUARY + 1, ("all", 1)),
        (JUNE - 1, ("all", 1)),
        (JUNE, ("all", 2)),
        (JUNE + 1, ("all", 2)),
    ],
)
def test_the_highest_version_in_force_when_the_cycle_starts(
    started_at: int, policy: tuple[str, int] | None
) -> None:
    assert chosen("default", started_at) == policy


@pytest.mark.parametrize(
    ("tenant", "channel", "policy"),
    [
        ("default", "online", "all"),
        ("default", "phone", "phone"),
        ("north", "phone", "north"),
        ("north", "email", "north"),
        ("north", "online", "all"),
    ],
)
def test_of_those_that_match_the_one_that_asks_for_most(tenant: str, channel: str, policy: str) -> None:
    assert chosen(tenant, JANUARY, channel=channel) == (policy, 1)


def test_a_version_that_is_replaced_judges_no_more_even_where_only_it_would_match() -> None:
    ticket = {"customer_id": "c1", "channel": "other", "region": "east"}
    assert chosen("default", JUNE - 1, **ticket) == ("moved", 1)
    assert chosen("default", JUNE, **ticket) == ("all", 2)


@pytest.mark.parametrize(
    ("started_at", "policy"), [(JUNE - 1, ("phone", 1)), (JUNE, ("all", 2)), (JUNE + 1, ("all", 2))]
)
def test_an_id_that_has_ended_is_chosen_by_no_cycle_that_starts_then(
    started_at: int, policy: tuple[str, int]
) -> None:
    ended = Policies(POLICIES.versions, {"phone": JUNE})
    found = ended.choose("default", {"channel": "phone"}, started_at)
    assert found is not None
    assert (found.id, found.version) == policy
    assert ended.edition != POLICIES.edition
