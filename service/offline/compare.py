"""What another set of policies would change: the verdicts that differ, and how many of each there are."""

from collections import Counter
from collections.abc import Iterable, Iterator

from service.offline.rows_out import Row

_NAMES = ("tenant", "ticket_id", "cycle", "clock", "level")
_VERDICT = ("state", "due_at", "stopped_at")


class Comparison:
    """Counts every verdict before and after, and keeps those whose state differs."""

    def __init__(self) -> None:
        self.changed: list[Row] = []
        self._was: dict[tuple[str, str], Counter[str]] = {}
        self._now: dict[tuple[str, str], Counter[str]] = {}
        self._differ: Counter[tuple[str, str]] = Counter()

    def add(self, was: Iterable[Row], now: Iterable[Row]) -> None:
        """Takes one ticket's verdicts by both sets of policies; what only one of them judges is changed."""
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
        """A row for each clock and level: how many verdicts of each state there were and would be."""
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
    """By the due instant it had (or would have), ticket, clock, level, tenant, cycle."""
    due_at = next(
        (verdict["due_at"] for verdict in (row["was"], row["now"]) if verdict and verdict["due_at"]), "~"
    )
    return due_at, row["ticket_id"], row["clock"], row["level"], row["tenant"], row["cycle"]
