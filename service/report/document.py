"""The report as data: a head with the request, inputs and policies, and sections of rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from schemas.instant import written
from service.offline.unjudged import named_policies
from service.report.columns import STATES
from service.report.durations import buckets, limits, quantile
from service.report.request import Asked, bound_text
from service.report.tally import ClockOfPolicy, Tally
from service.sla.judge import LevelState
from service.sla.policy import Clock, Level, Policies, Policy

Row = Mapping[str, Any]  # keys in the order they are written; instants as text, lengths in seconds

_UNKNOWN = "~"  # sorts after every period
_SCORES = range(1, 6)


def document(
    tally: Tally,
    policies: Policies,
    *,
    inputs: Sequence[Row],
    facts_sha256: str,
    retractions: Sequence[Row] | None,
    complete_until: int | None = None,
) -> dict[str, Any]:
    """Return the whole report. `retractions` None: unknown, as the input is not the log.

    `inputs`: the inputs read, each with its name and, for a file, its SHA-256. `complete_until` (ms): every
    breach that was due before it is announced; None: unknown.
    """
    levels = _levels(policies)
    return {
        "report": _head(tally, policies, inputs, facts_sha256, from_log=retractions is not None)
        | _completeness(tally, complete_until),
        "totals": _rows(tally, levels, ("clock", "level")),
        "figures": _rows(tally, levels, ("period", "tenant", "clock", "level")),
        "customers": _rows(tally, levels, ("period", "tenant", "customer_id", "clock", "level")),
        "hours": [
            {"weekday": weekday + 1, "hour": hour, "breached": count}
            for (weekday, hour), count in sorted(tally.broken_at.items())
        ],
        "lengths": [_length(pace, clock, tally) for pace, clock in _paces(policies) if pace in tally.lengths],
        "satisfaction": [_satisfaction(*key, scores) for key, scores in sorted(tally.scores.items())],
        "retractions": retractions,
    }


def _unjudged(tally: Tally, policies: Policies) -> Row | None:
    """When no policy judges any ticket: from when to when they begin, and which policies there are."""
    if tally.unjudged.span is None:
        return None
    first, last = tally.unjudged.span
    return {"from": first, "to": last, "policies": list(named_policies(policies))}


def _head(
    tally: Tally, policies: Policies, inputs: Sequence[Row], facts_sha256: str, *, from_log: bool
) -> dict[str, Any]:
    asked: Asked = tally.asked
    return {
        "from": bound_text(asked.range.since),
        "to": bound_text(asked.range.until),
        "by": asked.by,
        "zones": sorted(tally.zones),
        "tenant": asked.tenant,
        "judged_at": None if asked.until is None else written(asked.until),
        "source": "log" if from_log else "file",
        "inputs": list(inputs),
        "facts_sha256": facts_sha256,
        "tickets": tally.tickets,
        "not_received": tally.not_received,
        "without_policy": tally.without_policy,
        "exempt": tally.exempt,
        "unjudged": _unjudged(tally, policies),
        "unreadable": tally.unreadable._asdict(),
        "policies": [_policy(tally.policies[version]) for version in sorted(tally.policies)],
    }


def _completeness(tally: Tally, until: int | None) -> dict[str, Any]:
    """Return until when breaches are complete, and if the range is; both null where that is unknown."""
    if until is None:
        return {"complete_until": None, "complete": None}
    zones = list(tally.zones.values()) or [UTC]
    complete = all(tally.asked.range.ends_by(until, zone) for zone in zones)
    return {"complete_until": written(until), "complete": complete}


def _policy(policy: Policy) -> Row:
    return {
        "id": policy.id,
        "version": policy.version,
        "sha256": policy.sha256,
        "title": dict(policy.title),
    }


def _levels(policies: Policies) -> dict[tuple[str, str], Level]:
    """Return every level by clock and name, in the order of the policies."""
    by_clock: dict[str, dict[tuple[str, str], Level]] = {}
    for policy in policies.versions:
        for clock in policy.clocks:
            for level in clock.levels:
                by_clock.setdefault(clock.name, {}).setdefault((clock.name, level.name), level)
    return {key: level for levels in by_clock.values() for key, level in levels.items()}


def _rows(tally: Tally, levels: Mapping[tuple[str, str], Level], by: tuple[str, ...]) -> list[Row]:
    """Return the verdicts counted by these fields of a GroupKey, sorted by them. Unknown periods are last."""
    ranks = {key: rank for rank, key in enumerate(levels)}
    sums: dict[tuple[Any, ...], Counter[LevelState]] = {}
    for group, states in tally.verdicts.items():
        sums.setdefault(tuple(getattr(group, field) for field in by), Counter()).update(states)

    def place(key: tuple[Any, ...]) -> tuple[Any, ...]:
        *named, clock, level = key
        return (*[_UNKNOWN if name is None else name for name in named], ranks[clock, level])

    return [
        {**dict(zip(by, key, strict=True)), **_counts(sums[key], warns=levels[key[-2:]].warns)}
        for key in sorted(sums, key=place)
    ]


def _counts(states: Mapping[LevelState, int], *, warns: bool) -> Row:
    met, decided = (
        states.get(LevelState.MET, 0),
        states.get(LevelState.MET, 0) + states.get(LevelState.BREACHED, 0),
    )
    # Rounded down, so that 1 means no breach at all. A warning is not a promise, so it has no attainment.
    attainment = met * 10**6 // decided / 10**6 if decided and not warns else None
    return {**{str(state): states.get(state, 0) for state in STATES}, "attainment": attainment}


def _paces(policies: Policies) -> Iterator[tuple[ClockOfPolicy, Clock]]:
    for policy in policies.versions:
        for clock in policy.clocks:
            yield ClockOfPolicy(clock.name, policy.id, policy.version), clock


def _length(pace: ClockOfPolicy, clock: Clock, tally: Tally) -> Row:
    lengths = sorted(tally.lengths[pace])
    known = limits(clock)
    return {
        "clock": pace.clock,
        "policy": pace.policy,
        "version": pace.version,
        "calendar": clock.calendar.name,
        "stopped": len(lengths),
        "median_seconds": _seconds(quantile(lengths, 50)),
        "p90_seconds": _seconds(quantile(lengths, 90)),
        "longest_seconds": _seconds(lengths[-1]),
        "limits": [{"level": level, "seconds": _seconds(limit)} for limit, level in known],
        "buckets": [
            {
                "above_seconds": _seconds(bucket.above),
                "to_seconds": _seconds(bucket.to),
                "count": bucket.clocks,
                "exceeds": bucket.exceeds,
            }
            for bucket in buckets(lengths, known)
        ],
    }


def _satisfaction(period: str, tenant: str, scores: Mapping[int, int]) -> Row:
    answers = sum(scores.values())
    return {
        "period": period,
        "tenant": tenant,
        "answers": answers,
        "mean": round(sum(score * count for score, count in scores.items()) / answers, 2),
        **{f"score_{score}": scores.get(score, 0) for score in _SCORES},
    }


def _seconds(length: int | None) -> float | None:
    return None if length is None else length / 1000 if length % 1000 else length // 1000


def customers_with_most_breaches(rows: Iterable[Row]) -> list[Row]:
    """Return the breaches of each customer over all periods, clocks and levels, most first.

    `rows`: of the section `customers`.
    """
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows:
        sums[row["tenant"], row["customer_id"] or ""] += row["breached"]
    found = sorted(((-count, *key) for key, count in sums.items() if count))
    return [
        {"tenant": tenant, "customer_id": customer_id, "breached": -count}
        for count, tenant, customer_id in found
    ]
