"""The retracted breaches in topic `sla.breaches`."""

from collections.abc import Mapping
from typing import Any

from schemas.instant import milliseconds, read
from service.report.request import Asked
from service.sla.announcement import Type
from service.sla.policy import Policies

Row = Mapping[str, Any]
Version = tuple[int, int]  # epoch and revision; a record of older software has no epoch: 0

_NEVER = (0, 0)  # before every version

COPIED = (
    "detected_at",
    "tenant",
    "ticket_id",
    "customer_id",
    "cycle",
    "clock",
    "level",
    "due_at",
    "revision",
)


class Retractions:
    """Collects the requested retractions from the events of `sla.breaches`, which may come in any order."""

    def __init__(self, asked: Asked, policies: Policies) -> None:
        self._asked = asked
        self._policies = {(policy.id, policy.version): policy for policy in policies.versions}
        self._retracted: dict[tuple[str, Version], Row] = {}  # by breach id and version
        self._breached: dict[str, Version] = {}  # the latest version other than a retraction, by breach id

    def add(self, type_: str, data: Row) -> None:
        """Add one event. `data`: see schemas.sla."""
        name, version = data["breach_id"], (data.get("epoch", 0), data["revision"])
        if type_ != Type.BREACH_RETRACTED:
            self._breached[name] = max(version, self._breached.get(name, _NEVER))
        elif self._asked.tenant in (None, data["tenant"]) and self._within(data):
            cause = data["cause"] or {"source": None, "event_id": None}
            self._retracted[name, version] = {
                **{field: data[field] for field in COPIED},
                "reason": data["reason"],
                "cause_source": cause["source"],
                "cause_event_id": cause["event_id"],
            }

    def rows(self) -> list[Row]:
        """Return the retractions by their instant. `undone`: the breach was announced again later."""
        found = [
            {**row, "undone": self._breached.get(name, _NEVER) > version}
            for (name, version), row in self._retracted.items()
        ]
        return sorted(
            found, key=lambda row: (row["detected_at"] or "", row["ticket_id"], row["clock"], row["level"])
        )

    def _within(self, data: Row) -> bool:
        due_at = data["due_at"]
        if due_at is None:
            return True
        said = data["policy"]
        policy = self._policies.get((said["id"], said["version"])) if said else None
        zone = self._asked.zones.of_policy(policy)
        for clock in policy.clocks if policy else ():
            if policy and clock.name == data["clock"]:
                zone = self._asked.zones.of_clock(policy, clock)
        return self._asked.range.holds(milliseconds(read(due_at)), zone)
