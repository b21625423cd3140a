"""Verdicts as rows: every level of every clock that started, and the order of rows in the output."""

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.instant import written
from service.sla.judge import Judgement

Row = Mapping[str, Any]  # keys in the order they are written; instants as text

Place = tuple[str, str, str, str, str, int]  # the sort key of rows in the output

_UNKNOWN = "~"  # sorts after every instant


def clock_rows(tenant: str, ticket_id: str, judgement: Judgement) -> Iterator[Row]:
    """Yield a row for every level of every clock that started."""
    for run in judgement.runs:
        for verdict in run.verdicts:
            yield {
                "tenant": tenant,
                "ticket_id": ticket_id,
                "cycle": run.cycle.number,
                "clock": run.clock.name,
                "level": verdict.level.name,
                "started_at": written(run.started_at),
                "due_at": None if verdict.due_at is None else written(verdict.due_at),
                "stopped_at": None if run.stopped_at is None else written(run.stopped_at),
                "state": str(verdict.state),
            }


def order(row: Row) -> Place:
    """Return the sort key of a row."""
    return place(row["due_at"], row["ticket_id"], row["clock"], row["level"], row["tenant"], row["cycle"])


def place(
    due_at: str | None, ticket_id: str, clock: str, level: str | None, tenant: str, cycle: int
) -> Place:
    """Sort key: due instant (unknown: last), ticket, clock, level (a whole clock first), tenant, cycle."""
    return due_at or _UNKNOWN, ticket_id, clock, level or "", tenant, cycle
