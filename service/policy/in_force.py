"""Which policy versions are, were and will be in force."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from schemas.instant import written
from service.sla.calendar.working_hours import WorkingTime
from service.sla.policy import Policies, Policy


class PolicyState(StrEnum):
    """Whether cycles that start at an instant can choose a version."""

    FUTURE = "future"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"  # a higher version has taken effect
    RETIRED = "retired"  # the id has ended, or will have when the version would take effect


class PolicySpan(NamedTuple):
    """A version, and the cycles that it judges: those that start in [since, until). Instants in ms."""

    policy: Policy
    since: int
    until: int | None  # None: for good
    state: PolicyState
    calendars: Mapping[str, range]  # the years of each calendar that needs years


def policy_spans(policies: Policies, at: int) -> Iterator[PolicySpan]:
    """Yield every version by id and version, with its state at `at` (ms)."""
    for policy in policies.versions:
        retired = policies.retired.get(policy.id)
        later = min(
            (
                one.effective_from
                for one in policies.versions
                if one.id == policy.id and one.version > policy.version
            ),
            default=None,
        )
        until = min((end for end in (retired, later) if end is not None), default=None)
        yield PolicySpan(
            policy, policy.effective_from, until, _state(policy, retired, later, at), _years(policy)
        )


def policy_labels(policies: Policies, at: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield id, version, agreement and state at `at` (ms) of every version. A desk has no agreement."""
    for span in policy_spans(policies, at):
        policy = span.policy
        agreement = "" if policy.desks else policy.agreement
        yield policy.id, str(policy.version), agreement, span.state.value


def known_policies(policies: Policies, at: int) -> Iterator[dict[str, object]]:
    """Yield what a process says of every version at `at` (ms): the labels, and what they leave out."""
    for span, labels in zip(policy_spans(policies, at), policy_labels(policies, at), strict=True):
        yield {
            **dict(zip(("policy", "version", "agreement", "state"), labels, strict=True)),
            "effective_from": written(span.since),
            "until": None if span.until is None else written(span.until),
            "sha256": span.policy.sha256,
            "calendars": {name: list(years) for name, years in span.calendars.items()},
        }


def in_force_line(policies: Policies, at: int) -> str:
    """Return one line that names what is in force at `at` (ms), and what will be."""
    spans = list(policy_spans(policies, at))
    now = [_named(one) for one in spans if one.state is PolicyState.IN_FORCE]
    later = [_named(one) for one in spans if one.state is PolicyState.FUTURE]
    line = f"in force: {', '.join(now) or 'no policy'}"
    return f"{line}; to come: {', '.join(later)}" if later else line


def _named(span: PolicySpan) -> str:
    name = f"{span.policy.id} version {span.policy.version}"
    if span.state is PolicyState.FUTURE:
        name += f" from {written(span.since)}"
    return f"{name} until {written(span.until)}" if span.until is not None else name


def _state(policy: Policy, retired: int | None, later: int | None, at: int) -> PolicyState:
    if later is not None and later <= at and (retired is None or later < retired):
        return PolicyState.SUPERSEDED
    if retired is not None and (retired <= at or retired <= policy.effective_from):
        return PolicyState.RETIRED
    return PolicyState.FUTURE if at < policy.effective_from else PolicyState.IN_FORCE


def _years(policy: Policy) -> dict[str, range]:
    calendars = (clock.calendar for clock in policy.clocks)
    return {
        calendar.name: calendar.days.years
        for calendar in calendars
        if isinstance(calendar, WorkingTime) and calendar.days.official
    }
