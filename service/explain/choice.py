"""Why no policy judges a cycle: the policies that were tried, and what did not fit."""

from itertools import groupby
from typing import Any

from schemas.instant import written
from service.sla.policy import Policies, Policy
from service.sla.timeline import Cycle

Part = dict[str, Any]


def tried(cycle: Cycle, policies: Policies, tenant: str) -> list[Part]:
    """Return the policies of the cycle's agreement that could have judged it, each with what did not fit.

    Of each id, that is the highest version in force at the cycle's start; without one, the first version.
    """
    of_agreement = [one for one in policies.versions if not one.desks and one.agreement == cycle.agreement]
    found = []
    for _, group in groupby(of_agreement, key=lambda policy: policy.id):
        versions = list(group)  # ascending
        in_force = [one for one in versions if one.effective_from <= cycle.started_at]
        policy = in_force[-1] if in_force else versions[0]
        found.append({"id": policy.id, "version": policy.version, "unfit": _unfit(policy, cycle, tenant)})
    return found


def _unfit(policy: Policy, cycle: Cycle, tenant: str) -> list[Part]:
    """Return each condition that does not hold: its key, the values it asks for, and the ticket's value."""
    unfit: list[Part] = []
    if policy.effective_from > cycle.started_at:
        asks, has = written(policy.effective_from), written(cycle.started_at)
        unfit.append({"key": "effective_from", "asks": [asks], "has": has})
    attributes = {**cycle.attributes_before(0), "tenant": tenant}  # those of the start fact choose
    for key, values in policy.match:
        if attributes.get(key) not in values:
            unfit.append({"key": key, "asks": sorted(values), "has": attributes.get(key)})
    return unfit
