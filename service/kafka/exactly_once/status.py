"""The status of an owner, for probes and metrics."""

from dataclasses import dataclass
from enum import StrEnum


class OwnerState(StrEnum):
    """The state of an owner."""

    ACQUIRING = "acquiring"
    RESTORING = "restoring"
    RUNNING = "running"
    REFUSED = "refused"  # only a person can decide what to do; the owner still tries again
    SILENT = "silent"  # running, but the log has not answered for a while
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Status:
    """The status of one partition. Instants in ms."""

    state: OwnerState
    restored: int  # records of the changelog
    total: int
    percent: int  # of the restore
    seconds_left: float | None  # of the restore, at its pace so far
    watermark: int | None
    next_at: int | None  # the earliest deadline armed
    overdue_for: int  # ms since `next_at` and the grace passed; 0 before
    armed: int  # deadlines
    tickets: int  # held in memory
    lag: int  # input records not processed, as of the last end offset
    complete_until: int | None = None  # every breach due before it is announced
    reason: str | None = None  # why the last try was refused, and what to do
