"""`simulate`: judges a file of events, and writes what holds at an instant as the service announces it."""

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

from service.errors import RefusalError
from service.events.announced import verdict
from service.offline import compare as comparing
from service.offline.compare import Comparison
from service.offline.desks_in import Signs, judge_signs, setting_aside
from service.offline.event_file import Problems, StoppedError, fit, tickets
from service.offline.progress import Progress
from service.offline.rows_out import Place, Row, clock_rows, order, place
from service.offline.unjudged import Unjudged, unjudged_line
from service.sla.announcement import Announcement, Type
from service.sla.changes import About, standing
from service.sla.facts import Fact
from service.sla.judge import END_OF_TIME, Judgement, judge
from service.sla.policy import Policies
from service.sla.state import names
from service.text.visible import visible_json


def simulate(
    events: str,
    *,
    policies: Policies,
    until: int | None = None,
    compare: Policies | None = None,
    clocks: bool = False,
    mapping: Path | None = None,
    strict: bool = False,
    partial: bool = False,
    stdin: BinaryIO,
    out: TextIO,
    err: TextIO,
) -> int:
    """Write the verdicts that hold at `until` (ms; default: after the last deadline) as JSON Lines to `out`.

    `events` is a file or `-`. Desks with a sign of life in it are judged, too. With `clocks`, write every
    level of every clock that started. With `compare`, write the verdicts that those policies would change,
    then a summary. A ticket with an unreadable line is not judged unless `partial`.
    Return the exit code. Raises RefusalError when a file cannot be read at all.
    """
    if clocks and compare:
        raise RefusalError("--clocks and --compare: choose one")
    at = END_OF_TIME if until is None else until
    problems = Problems(events, err, strict=strict)
    try:
        signs: Signs = {}
        found = fit(events, stdin=stdin, mapping=mapping, problems=problems, err=err)
        facts = tickets(setting_aside(found, signs), problems, partial=partial)
    except StoppedError:
        return 1
    judged: list[Judged] = [(key, known, _ticket) for key, known in facts.items()]
    judged += [(key, known, judge_signs) for key, known in signs.items()]
    unjudged = Unjudged()
    with Progress(err, "judging", len(judged)) as progress:
        if compare:
            rows = _compared(judged, policies, compare, at, problems, progress, unjudged)
            lines = [_encode(row) for row in rows]
        else:
            placed = _lines(judged, policies, at, problems, progress, unjudged, clocks=clocks)
            lines = [line for _, line in sorted(placed, key=itemgetter(0))]
    if (span := unjudged.span) is not None:
        problems.tell_unknown(unjudged_line(span, policies))
    out.writelines(visible_json(line.decode()) + "\n" for line in lines)
    return 1 if problems.count else 0


_encode = msgspec.json.Encoder().encode
_HEADS = {type_: b'{"type":"%b",' % type_.encode() for type_ in Type}
Judge = Callable[[str, list[Fact], Policies, int], Judgement]
Judged = tuple[str, list[Fact], Judge]  # key of a ticket or desk, its facts, and the function that judges it


def _ticket(key: str, facts: list[Fact], policies: Policies, at: int) -> Judgement:
    tenant, _ = names(key)
    return judge(facts, policies, tenant, at)


def _lines(
    judged: Iterable[Judged],
    policies: Policies,
    at: int,
    problems: Problems,
    progress: Progress,
    unjudged: Unjudged,
    *,
    clocks: bool,
) -> Iterator[tuple[Place, bytes]]:
    """Yield each row as JSON, with its sort key first."""
    for key, known, by in judged:
        tenant, ticket_id = names(key)
        progress.advance()
        judgement = by(key, known, policies, at)
        unjudged.add(judgement)
        _tell_undated(tenant, ticket_id, judgement, problems, progress)
        if clocks:
            yield from ((order(row), _encode(row)) for row in clock_rows(tenant, ticket_id, judgement))
        else:
            yield from map(_line, standing(About(tenant, ticket_id), judgement, at))


def _line(told: Announcement) -> tuple[Place, bytes]:
    said = verdict(told)
    # Put the type before the verdict's own JSON: building a dict would double the time.
    line = _HEADS[told.type] + _encode(said)[1:]
    return place(said.due_at, said.ticket_id, said.clock, said.level, said.tenant, said.cycle), line


def _compared(
    judged: Iterable[Judged],
    was: Policies,
    now: Policies,
    at: int,
    problems: Problems,
    progress: Progress,
    unjudged: Unjudged,
) -> Iterable[Row]:
    comparison = Comparison()
    for key, known, by in judged:
        tenant, ticket_id = names(key)
        judgements = [by(key, known, policies, at) for policies in (was, now)]
        for judgement in judgements:
            unjudged.add(judgement)
            _tell_undated(tenant, ticket_id, judgement, problems, progress)
        before, after = (clock_rows(tenant, ticket_id, judgement) for judgement in judgements)
        comparison.add(before, after)
        progress.advance()
    return [*sorted(comparison.changed, key=comparing.order), *comparison.summary()]


def _tell_undated(
    tenant: str, ticket_id: str, judgement: Judgement, problems: Problems, progress: Progress
) -> None:
    """Report each clock of which the calendar does not know when it is due, or how long it took."""
    for run in judgement.runs:
        told = ["is due"] if run.is_undated else []
        told += ["ended"] if run.end_beyond is not None else []
        for what in told:
            progress.clear()
            clock, calendar = run.clock.name, run.clock.calendar.name
            problems.tell_unknown(
                f"ticket {ticket_id} of tenant {tenant}: clock {clock} of cycle {run.cycle.number} {what}"
                f" in a year of which calendar {calendar} does not know the days"
            )
