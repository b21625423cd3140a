"""The columns of each section of the report, in the order of the CSV."""

from collections.abc import Mapping, Sequence

from service.report.retractions import COPIED
from service.sla.judge import LevelState

STATES = (
    LevelState.MET,
    LevelState.BREACHED,
    LevelState.AT_RISK,
    LevelState.CANCELLED,
    LevelState.NOT_APPLICABLE,
    LevelState.RUNNING,
    LevelState.PAUSED,
)
COUNTS = (*map(str, STATES), "attainment")
SCORES = tuple(f"score_{score}" for score in range(1, 6))

COLUMNS: Mapping[str, Sequence[str]] = {
    "totals": ("clock", "level", *COUNTS),
    "figures": ("period", "tenant", "clock", "level", *COUNTS),
    "customers": ("period", "tenant", "customer_id", "clock", "level", *COUNTS),
    "hours": ("weekday", "hour", "breached"),
    "satisfaction": ("period", "tenant", "answers", "mean", *SCORES),
    "retractions": (
        *COPIED,
        "reason",
        "cause_source",
        "cause_event_id",
        "undone",
    ),
}
