"""What an owner is doing, for probes and metrics."""

from dataclasses import dataclass
from enum import StrEnum


class OwnerState(StrEnum):
    """How far an owner has come."""

    ACQUIRING = "acquiring"
    RESTORING = "restoring"
    RUNNING = "running"
    REFUSED = "refused"  # only somebody else can say what to do; it is tried again all the same
    SILENT = "silent"  # it would run, but the log has not answered for a while
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Status:
    """One partition. Instants in ms."""

    state: OwnerState
    restored: int  # records of the changelog
    total: int
    percent: int  # of them
    seconds_left: float | None  # of the restore, at its pace so far
    watermark: int | None
    next_at: int | None  # the earliest deadline armed
    overdue_for: int  # ms; how long that and the grace have passed
    armed: int  # deadlines
    tickets: int  # held in memory
    lag: int  # records of the input not processed, as of the log's last answer
    reason: str | None = None  # why it was refused when last tried, and what to do
