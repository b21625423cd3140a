"""The report of a file of events, judged in the same way as by `simulate`."""

import hashlib
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from service.offline.desks_in import Signs, judge_signs, setting_aside
from service.offline.event_file import Problems, fit, tickets
from service.offline.progress import Progress
from service.report.document import document
from service.report.inputs import FactsHash, Hashed
from service.report.request import Asked
from service.report.tally import Tally, Unreadable
from service.sla.judge import END_OF_TIME, judge
from service.sla.policy import Policies
from service.sla.state import names


def from_file(
    events: str,
    asked: Asked,
    policies: Policies,
    *,
    mapping: Path | None,
    partial: bool = False,
    stdin: BinaryIO,
    err: TextIO,
) -> tuple[dict[str, Any], int]:
    """Return the document and the exit code.

    The code is 1 when lines of the file are invalid, which are printed, or when no policy judges any ticket.
    The report counts the tickets, and the desks with a sign of life in the file. `events` is a file or `-`.
    Raises RefusalError when a file cannot be read at all.
    """
    problems = Problems(events, err)
    tally, seen = Tally(asked), FactsHash()
    at = END_OF_TIME if asked.until is None else asked.until
    read = Hashed()
    found = fit(events, stdin=stdin, mapping=mapping, problems=problems, err=err, through=read)
    signs: Signs = {}
    facts = tickets(setting_aside(found, signs), problems, partial=partial)
    tally.unreadable = Unreadable(
        len(problems.unreadable), problems.unreadable.total(), problems.nobodys, partial
    )
    inputs = [{"name": problems.file, "sha256": read.hexdigest()}]
    if mapping:
        inputs.append({"name": str(mapping), "sha256": hashlib.sha256(mapping.read_bytes()).hexdigest()})
    with Progress(err, "judging", len(facts)) as progress:
        for key, known in facts.items():
            tenant, _ = names(key)
            seen.add(key, known)
            tally.add(tenant, judge(known, policies, tenant, at))
            progress.advance()
    for key, known in signs.items():
        tenant, _ = names(key)
        seen.add(key, known)
        tally.add_desk(tenant, judge_signs(key, known, policies, at))
    said = document(tally, policies, inputs=inputs, facts_sha256=seen.hexdigest(), retractions=None)
    return said, 1 if problems.count or tally.unjudged.span is not None else 0
