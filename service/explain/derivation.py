"""The derivation of each verdict on a ticket, as data: facts, stretches of time, sums, comparisons."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.instant import written
from service.explain.choice import tried
from service.explain.clock_part import clock_part
from service.explain.records import TicketRecords, codes_of
from service.explain.silence import silences_of
from service.sla.facts import Fact, Kind
from service.sla.history import identity, order, standing, unique
from service.sla.judge import END_OF_TIME, Judgement, Run, judge
from service.sla.policy import Policies
from service.sla.timeline import Cycle

Part = dict[str, Any]  # of the derivation; instants as text, lengths in ms


class _Judged(NamedTuple):
    """A ticket judged at `at` (ms). `numbers`: of its facts, by identity."""

    tenant: str
    policies: Policies
    judgement: Judgement
    numbers: Mapping[tuple[str, str], int]
    at: int


def derivation(
    ticket_id: str,
    tenant: str,
    facts: Iterable[Fact],
    policies: Policies,
    at: int,
    *,
    records: TicketRecords | None = None,
) -> Part:
    """Return everything that a person needs to recompute the verdicts on one ticket at `at` (ms).

    Facts are numbered in fact order. `offset` and `partition` are null for facts from a file. `no_verdict`
    lists why no clock judges the ticket; it is empty when one does. `records`: what else is known of the
    ticket; without it, nothing is said of codes that did not fit, nor of rejected records.
    """
    known = sorted(unique(facts), key=order)
    numbers = {identity(fact): number for number, fact in enumerate(known, 1)}
    judged = _Judged(tenant, policies, judge(known, policies, tenant, at), numbers, at)
    cycles = [_cycle(cycle, judged) for cycle in judged.judgement.cycles]
    return {
        "ticket_id": ticket_id,
        "tenant": tenant,
        "judged_at": None if at == END_OF_TIME else written(at),
        "no_verdict": list(dict.fromkeys(_no_verdict(known, cycles, records))),
        "facts": _facts(known, records),
        "records": records and records.parts(),
        "cycles": cycles,
    }


def _no_verdict(
    known: Sequence[Fact], cycles: Sequence[Part], records: TicketRecords | None
) -> Iterator[str]:
    """Yield why no clock judges the ticket, as keys of sentences; nothing when one does."""
    if not known:
        yield from records.why() if records else ["never_received"]
    elif not cycles:
        yield "only_evidence"
        if records and records.rejected:
            yield "rejected"
    elif not any(cycle["clocks"] for cycle in cycles):
        for cycle in cycles:
            policy = cycle["policy"]
            if policy is None:
                yield "no_policy"
            else:
                yield "exempt" if policy["exempt"] else "no_clock_started"


def _facts(known: Sequence[Fact], records: TicketRecords | None) -> list[Part]:
    counting = {identity(fact) for fact in standing(known)}
    codes = records.codes if records else {}
    return [
        {
            "number": number,
            "time": written(fact.time),
            "type": f"complaint.{Kind(fact.kind).word}",
            "source": fact.source,
            "id": fact.id,
            "data": fact.data,
            "recorded_at": written(fact.recorded_at) if fact.offset >= 0 else None,
            "partition": fact.partition if fact.offset >= 0 else None,
            "offset": fact.offset if fact.offset >= 0 else None,
            "voided": identity(fact) not in counting,
            # Null: the record is not there any more.
            "codes": codes_of(codes[identity(fact)]) if identity(fact) in codes else None,
        }
        for number, fact in enumerate(known, 1)
    ]


def _cycle(cycle: Cycle, judged: _Judged) -> Part:
    tenant, policies, judgement, numbers, at = judged
    policy = cycle.policy
    runs = [run for run in judgement.runs if run.cycle is cycle]
    return {
        "cycle": cycle.number,
        "start": numbers[identity(cycle.facts[0])],
        "started_at": written(cycle.started_at),
        "attributes": dict(cycle.attributes_at(cycle.started_at)),
        "agreement": cycle.agreement,
        "policy": policy
        and {
            "id": policy.id,
            "version": policy.version,
            "sha256": policy.sha256,
            "title": dict(policy.title),
            "exempt": policy.exempt,
        },
        "tried": tried(cycle, policies, tenant) if policy is None else [],
        "clocks": [clock_part(run, numbers, at) for run in runs],
        "not_started": _not_started(cycle, runs),
        "silences": list(silences_of(cycle, judgement, numbers, at)),
    }


def _not_started(cycle: Cycle, runs: Sequence[Run]) -> list[Part]:
    """Return the clocks of the cycle's policy that have not started, each with the kind that starts it."""
    started = {run.clock.name for run in runs}
    clocks = cycle.policy.clocks if cycle.policy else ()
    return [{"clock": clock.name, "start": clock.start.word} for clock in clocks if clock.name not in started]
