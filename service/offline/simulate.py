"""Judge a file of events: what stands at an instant, as the running service would have announced it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

from service.events.announced import verdict
from service.offline import compare as comparing
from service.offline.compare import Comparison
from service.offline.events_in import Problems, StoppedError, fit, tickets
from service.offline.progress import Progress
from service.offline.verdicts import Row, clock_rows, order
from service.settings import Refusal
from service.sla.announce import standing
from service.sla.facts import Fact
from service.sla.judge import END_OF_TIME, Judgement, judge
from service.sla.policy import Policies
from service.sla.ticket import names


def simulate(
    events: str,
    *,
    policies: Policies,
    until: int | None = None,
    compare: Policies | None = None,
    clocks: bool = False,
    mapping: Path | None = None,
    strict: bool = False,
    stdin: BinaryIO,
    out: TextIO,
    err: TextIO,
) -> int:
    """Write what stands at `until` (ms; default: after the last deadline) to `out`, as JSON Lines.

    `events` is a file or `-`. With `clocks`, every level of every clock that started; with `compare`, the
    verdicts that those policies would change, then a summary. Gives the exit code. Raises Refusal when a file
    cannot be read at all.
    """
    if clocks and compare:
        raise Refusal("--clocks and --compare: choose one")
    at = END_OF_TIME if until is None else until
    problems = Problems(events, err, strict=strict)
    try:
        facts = tickets(fit(events, stdin=stdin, mapping=mapping, problems=problems, err=err), problems)
    except StoppedError:
        return 1
    with Progress(err, "judging", len(facts)) as progress:
        if compare:
            rows = _compared(facts, policies, compare, at, problems, progress)
        else:
            rows = sorted(_rows(facts, policies, at, problems, progress, clocks=clocks), key=order)
    out.writelines(msgspec.json.encode(row).decode() + "\n" for row in rows)
    return 1 if problems.count else 0


Facts = dict[str, list[Fact]]  # by ticket key


def _rows(
    facts: Facts, policies: Policies, at: int, problems: Problems, progress: Progress, *, clocks: bool
) -> Iterator[Row]:
    for key, known in facts.items():
        tenant, ticket_id = names(key)
        judgement = judge(known, policies, tenant, at)
        _tell_undated(tenant, ticket_id, judgement, problems, progress)
        if clocks:
            yield from clock_rows(tenant, ticket_id, judgement)
        else:
            for announcement in standing(tenant, ticket_id, judgement, at):
                yield {"type": str(announcement.type), **msgspec.to_builtins(verdict(announcement))}
        progress.advance()


def _compared(
    facts: Facts, was: Policies, now: Policies, at: int, problems: Problems, progress: Progress
) -> Iterable[Row]:
    comparison = Comparison()
    for key, known in facts.items():
        tenant, ticket_id = names(key)
        judgements = [judge(known, policies, tenant, at) for policies in (was, now)]
        for judgement in judgements:
            _tell_undated(tenant, ticket_id, judgement, problems, progress)
        before, after = (clock_rows(tenant, ticket_id, judgement) for judgement in judgements)
        comparison.add(before, after)
        progress.advance()
    return [*sorted(comparison.changed, key=comparing.order), *comparison.summary()]


def _tell_undated(
    tenant: str, ticket_id: str, judgement: Judgement, problems: Problems, progress: Progress
) -> None:
    for run in judgement.runs:
        if run.is_undated:
            progress.clear()
            clock, calendar = run.clock.name, run.clock.calendar.name
            problems.tell_unknown(
                f"ticket {ticket_id} of tenant {tenant}: clock {clock} of cycle {run.cycle.number} is due"
                f" in a year of which calendar {calendar} has no official days"
            )
