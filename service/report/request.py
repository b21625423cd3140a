"""What a report is asked for: a range, its periods, and the time zone in which days begin and end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo

from schemas.instant import written
from service.policy.directory import PolicyDirectory
from service.sla.calendar.working_hours import WorkingTime
from service.sla.policy import Clock, Policy

BY = ("day", "week", "month")

Bound = date | int  # a local date, in whatever zone is asked about; or an instant in ms


def local(instant: int, zone: tzinfo) -> datetime:
    """The wall clock at `instant` (ms), truncated to seconds."""
    return datetime.fromtimestamp(instant // 1000, zone)


def period(instant: int, zone: tzinfo, by: str) -> str:
    """The local day, ISO 8601 week or month of `instant` (ms): `2026-03-02`, `2026-W10`, `2026-03`."""
    day = local(instant, zone).date()
    if by == "day":
        return day.isoformat()
    if by == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return f"{day:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Range:
    """From `since` to `until`: an instant is the first that is no longer in, a date is in. None: no bound."""

    since: Bound | None = None
    until: Bound | None = None

    def holds(self, instant: int, zone: tzinfo) -> bool:
        """True when `instant` (ms), by the wall clock of `zone`, lies within."""
        since, until = self.since, self.until
        if isinstance(since, int) and instant < since:
            return False
        if isinstance(until, int) and instant >= until:
            return False
        day = local(instant, zone).date()
        return not (isinstance(since, date) and day < since) and not (isinstance(until, date) and day > until)

    def is_empty(self) -> bool:
        """True when it ends before it begins, as far as two bounds of one sort can tell."""
        since, until = self.since, self.until
        if isinstance(since, int) and isinstance(until, int):
            return until <= since
        return isinstance(since, date) and isinstance(until, date) and until < since


def bound_text(bound: Bound | None) -> str | None:
    """A bound as it was asked for."""
    if bound is None:
        return None
    return written(bound) if isinstance(bound, int) else bound.isoformat()


@dataclass(frozen=True, slots=True)
class Zones:
    """The zone in which a clock's days begin: its calendar's.

    A clock around the clock has none of its own: then it is `chosen`, else the offset with which its policy
    writes `effective_from`.
    """

    chosen: tzinfo | None
    written_in: Mapping[tuple[str, int], tzinfo]  # by policy id and version

    def of_clock(self, policy: Policy, clock: Clock) -> tzinfo:
        """Where a verdict of `clock` is dated."""
        calendar = clock.calendar
        return calendar.days.zone if isinstance(calendar, WorkingTime) else self.of_policy(policy)

    def of_policy(self, policy: Policy | None) -> tzinfo:
        """Where all else of a cycle is dated; UTC when no policy judges it."""
        if self.chosen is not None:
            return self.chosen
        return self.written_in.get((policy.id, policy.version), UTC) if policy else UTC


def zones(policies: PolicyDirectory, chosen: tzinfo | None) -> Zones:
    """The zones of a directory of policies."""
    return Zones(
        chosen, {version: file.effective_from.tzinfo or UTC for version, file in policies.files.items()}
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What to report. `tenant`: only its tickets; `until` in ms: the instant of judging, None: after all."""

    zones: Zones
    by: str = "month"
    range: Range = field(default_factory=Range)
    tenant: str | None = None
    until: int | None = None
