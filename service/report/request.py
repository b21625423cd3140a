"""The request for a report: its range, periods, and the time zone in which days begin and end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo

from schemas.instant import written
from service.policy.directory import PolicyDirectory
from service.sla.calendar.working_hours import WorkingTime
from service.sla.policy import Clock, Policy
from service.timezones import zone_or_offset

BY = ("day", "week", "month")

Bound = date | int  # a local date, in the zone of the verdict; or an instant in ms


def local(instant: int, zone: tzinfo) -> datetime:
    """Return the local time at `instant` (ms), truncated to seconds."""
    return datetime.fromtimestamp(instant // 1000, zone)


def period(instant: int, zone: tzinfo, by: str) -> str:
    """Return the local day, ISO 8601 week or month of `instant` (ms): 2026-03-02, 2026-W10, 2026-03."""
    day = local(instant, zone).date()
    if by == "day":
        return day.isoformat()
    if by == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return f"{day:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Range:
    """A range. None: no bound. `until` is included as a date, excluded as an instant."""

    since: Bound | None = None
    until: Bound | None = None

    def holds(self, instant: int, zone: tzinfo) -> bool:
        """True when `instant` (ms) lies in the range, by the local dates of `zone`."""
        since, until = self.since, self.until
        if isinstance(since, int) and instant < since:
            return False
        if isinstance(until, int) and instant >= until:
            return False
        day = local(instant, zone).date()
        return not (isinstance(since, date) and day < since) and not (isinstance(until, date) and day > until)

    def ends_by(self, instant: int, zone: tzinfo) -> bool:
        """True when no instant from `instant` (ms) on lies in the range, by the local dates of `zone`."""
        until = self.until
        if until is None:
            return False
        return instant >= until if isinstance(until, int) else local(instant, zone).date() > until

    def is_empty(self) -> bool:
        """True when the range ends before it begins. Only two bounds of one type are compared."""
        since, until = self.since, self.until
        if isinstance(since, int) and isinstance(until, int):
            return until <= since
        return isinstance(since, date) and isinstance(until, date) and until < since


def bound_text(bound: Bound | None) -> str | None:
    """Return a bound as text, in the form of the request."""
    if bound is None:
        return None
    return written(bound) if isinstance(bound, int) else bound.isoformat()


@dataclass(frozen=True, slots=True)
class Zones:
    """The time zones in which days begin: for a clock, the zone of its calendar.

    A clock around the clock has no zone of its own. Its zone is `chosen`, else the offset of `effective_from`
    in its policy.
    """

    chosen: tzinfo | None
    written_in: Mapping[tuple[str, int], tzinfo]  # by policy id and version

    def of_clock(self, policy: Policy, clock: Clock) -> tzinfo:
        """Return the zone that dates the verdicts of `clock`."""
        calendar = clock.calendar
        return calendar.days.zone if isinstance(calendar, WorkingTime) else self.of_policy(policy)

    def of_policy(self, policy: Policy | None) -> tzinfo:
        """Return the zone that dates all else of a cycle; UTC when no policy judges it."""
        if self.chosen is not None:
            return self.chosen
        return self.written_in.get((policy.id, policy.version), UTC) if policy else UTC


def zones(policies: PolicyDirectory, chosen: tzinfo | None) -> Zones:
    """Return the zones of a directory of policies."""
    written_in = {version: zone_or_offset(file.policy.zone) for version, file in policies.files.items()}
    return Zones(chosen, written_in)


@dataclass(frozen=True, slots=True)
class Asked:
    """The request. `tenant`: only its tickets. `until` (ms): the instant to judge at; None: after all."""

    zones: Zones
    by: str = "month"
    range: Range = field(default_factory=Range)
    tenant: str | None = None
    until: int | None = None
