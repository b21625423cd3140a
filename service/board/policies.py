"""The policy versions that the foot of each page names: those in force, and those to come."""

from service.board.snapshot import PolicyView
from service.policy.in_force import PolicyState, policy_spans
from service.sla.policy import Policies

_SHOWN = (PolicyState.IN_FORCE, PolicyState.FUTURE)


class InForceViews:
    """The versions at one instant. All viewers share them for a second."""

    def __init__(self) -> None:
        self._key = (0, 0)
        self._views: tuple[PolicyView, ...] = ()

    def at(self, now: int, policies: Policies) -> tuple[PolicyView, ...]:
        """Return what is in force at `now` (ms), and then what is to come, each by id and version."""
        key = policies.edition, now // 1_000
        if key != self._key:
            self._key, self._views = key, _views(policies, now)
        return self._views


def _views(policies: Policies, now: int) -> tuple[PolicyView, ...]:
    spans = [span for span in policy_spans(policies, now) if span.state in _SHOWN]
    views = (
        PolicyView(
            span.policy.id,
            span.policy.version,
            None if span.policy.desks else span.policy.agreement,
            span.since,
            span.until,
            span.state is PolicyState.IN_FORCE,
        )
        for span in spans
    )
    return tuple(sorted(views, key=lambda view: not view.is_in_force))
