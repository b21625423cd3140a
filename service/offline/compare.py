"""A comparison of two sets of policies: the verdicts that differ, and their counts."""

from collections import Counter
from collections.abc import Iterable, Iterator

from service.offline.rows_out import Row

_NAMES = ("tenant", "ticket_id", "cycle", "clock", "level")
_VERDICT = ("state", "due_at", "stopped_at")


class Comparison:
    """Counts the verdicts by both sets of policies, and keeps the verdicts with different states."""

    def __init__(self) -> None:
        self.changed: list[Row] = []
        self._was: dict[tuple[str, str], Counter[str]] = {}
        self._now: dict[tuple[str, str], Counter[str]] = {}
        self._differ: Counter[tuple[str, str]] = Counter()

    def add(self, was: Iterable[Row], now: Iterable[Row]) -> None:
        """Add one ticket's verdicts by both sets. A verdict of only one set counts as changed."""
        before, after = (
            {(row["cycle"], row["clock"], row["level"]): row for row in rows} for rows in (was, now)
        )
        for key in before | after:
            old, new = before.get(key), after.get(key)
            level = key[1], key[2]
            for row, counts in ((old, self._was), (new, self._now)):
                if row:
                    counts.setdefault(level, Counter())[row["state"]] += 1
            if (old and old["state"]) != (new and new["state"]):
                self._differ[level] += 1
                self.changed.append(_difference(old, new))

    def summary(self) -> Iterator[Row]:
        """Yield a row for each clock and level: the number of verdicts of each state, by both sets."""
        for clock, level in sorted({*self._was, *self._now}):
            was, now = (
                dict(sorted(counts.get((clock, level), {}).items())) for counts in (self._was, self._now)
            )
            changed = self._differ[clock, level]
            yield {"clock": clock, "level": level, "was": was, "now": now, "changed": changed}


def _difference(was: Row | None, now: Row | None) -> Row:
    known = was or now or {}
    verdicts = {
        name: row and {key: row[key] for key in _VERDICT} for name, row in (("was", was), ("now", now))
    }
    return {**{name: known[name] for name in _NAMES}, **verdicts}


def order(row: Row) -> tuple[str, str, str, str, str, int]:
    """Sort key: the due instant before (else after) the change, ticket, clock, level, tenant, cycle."""
    due_at = next(
        (verdict["due_at"] for verdict in (row["was"], row["now"]) if verdict and verdict["due_at"]), "~"
    )
    return due_at, row["ticket_id"], row["clock"], row["level"], row["tenant"], row["cycle"]
