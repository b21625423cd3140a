"""`policies publish`, `list`, `retire` and `check --live`: the published policies."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from pathlib import Path

import click

from schemas.instant import written
from schemas.topics import POLICIES, TICKETS
from service.clock import now_ms
from service.kafka.client.options import connection
from service.kafka.topics.overwritten import overwritten
from service.kafka.topics.policies import publish as write
from service.kafka.topics.tickets import kept_tickets, opened
from service.offline.backdating import Backdating
from service.policy.bad_policies import BadPolicies
from service.policy.directory import NO_FILE, PolicyDirectory, read_policies
from service.policy.in_force import PolicySpan, policy_spans
from service.policy.publication_plan import Plan, plan_retirement
from service.policy.published import Published
from service.processes.policies import Reach, planned, publish_policies, read_published_policies
from service.settings import Settings, read_settings
from service.strict_yaml.place import Problem
from service.telemetry.logs import no_log
from service.text.aligned import aligned
from service.text.visible import visible, visible_json

_HEADINGS = ("policy", "version", "agreement", "from", "until", "state", "sha256", "calendars")
_SHOWN = 12  # characters of a hash in the table


def publish(directory: Path, *, backdate: bool, dry_run: bool) -> int:
    """Publish what is new in a directory, or only say so. Return the exit code. Raises RefusalError."""

    async def run(reach: Reach, settings: Settings) -> int:
        files = _files(directory)

        async def before(known: Published, found: Plan) -> None:
            if found.backdated and known.versions:
                say([await _changed(reach, settings, known, found)])
            elif found.backdated:
                say(["this is the first publication: its versions may be in force already"])

        if dry_run:
            known = await read_published_policies(reach, settings, must_exist=True)
            found = await planned(reach, settings, files, known, now_ms(), backdate=backdate)
            await before(known, found)
            say(_outcome(found, "would publish"))
            return 0
        say(
            _outcome(
                await publish_policies(reach, settings, files, backdate=backdate, before=before), "published"
            )
        )
        return 0

    return with_kafka(run)


def check(directory: Path) -> int:
    """Say what a publication of a directory would do. Return exit code 1 when it is refused."""

    async def run(reach: Reach, settings: Settings) -> int:
        try:
            files = _files(directory)
            known = await read_published_policies(reach, settings, must_exist=True)
            found = await planned(reach, settings, files, known, now_ms())
        except BadPolicies as bad:
            say(map(str, bad.problems), err=True)
            return 1
        say(_outcome(found, "would publish"))
        return 0

    return with_kafka(run)


def tell(*, as_json: bool) -> int:
    """List what is published. Return the exit code. Raises RefusalError."""

    async def run(reach: Reach, settings: Settings) -> int:
        tell_published(await read_published_policies(reach, settings, must_exist=True), as_json=as_json)
        return await tell_overwritten(reach, settings)

    return with_kafka(run)


async def tell_overwritten(reach: Reach, settings: Settings) -> int:
    """Print each published record that compaction will lose. Return 1 if there is any."""
    found = await overwritten(reach, POLICIES.named(settings.topic_prefix))
    say(found, err=True)
    return 1 if found else 0


def tell_published(known: Published, *, as_json: bool) -> None:
    """Print all that is published."""
    spans = list(policy_spans(known.directory.policies, now_ms()))
    if as_json:
        for span in spans:
            echo_json(_row(span, known))
    else:
        say(aligned([_HEADINGS, *map(_cells, spans)]) if spans else ["no policy is published"])


def retire(policy: str, at: int) -> int:
    """End a policy id at `at` (ms). Return the exit code. Raises RefusalError."""

    async def run(reach: Reach, settings: Settings) -> int:
        async def prepare(known: Published, begun: int) -> Plan:
            return plan_retirement(policy, at, known, begun)

        await write(reach, POLICIES.named(settings.topic_prefix), settings.group, prepare)
        say([f"policy {policy} ends at {written(at)}: cycles that start then or later do not choose it"])
        return 0

    return with_kafka(run)


def _files(directory: Path) -> PolicyDirectory:
    """Return the policies of a directory, which has one at least. Raises BadPolicies."""
    files = read_policies(directory, to_publish=True)
    if not files.files:
        raise BadPolicies([Problem(str(directory), None, None, NO_FILE)])
    return files


async def _changed(reach: Reach, settings: Settings, known: Published, found: Plan) -> str:
    """Return the line of what a publication would change of the tickets that are remembered."""
    topic = TICKETS.named(settings.topic_prefix)
    count = Backdating(known.directory.policies, found.after.directory.policies)
    now = now_ms() - settings.grace
    async for kept in kept_tickets(reach, topic):
        tenant, _, header, ticket = opened(topic, kept)
        count.add(tenant, ticket, max(now, header.at))
    return str(count)


def _outcome(found: Plan, does: str) -> Iterator[str]:
    for warning in found.warnings:
        yield f"warning: {warning}"
    yield from found.notes
    yield from (f"{does} {new.title}" for new in found.new)
    if not found.new:
        yield "everything is published already"


def _row(span: PolicySpan, known: Published) -> dict[str, object]:
    policy = span.policy
    return {
        "policy": policy.id,
        "version": policy.version,
        "agreement": None if policy.desks else policy.agreement,
        "effective_from": written(span.since),
        "until": None if span.until is None else written(span.until),
        "state": span.state.value,
        "sha256": policy.sha256,
        "published_at": known.versions[policy.id, policy.version].published_at,
        "calendars": {name: list(years) for name, years in span.calendars.items()},
    }


def _cells(span: PolicySpan) -> tuple[str, ...]:
    policy = span.policy
    calendars = (f"{name} {years[0]}–{years[-1]}" for name, years in span.calendars.items())
    return (
        policy.id,
        str(policy.version),
        "desks" if policy.desks else policy.agreement,
        written(span.since),
        "" if span.until is None else written(span.until),
        span.state.value,
        policy.sha256[:_SHOWN],
        ", ".join(calendars),
    )


def say(lines: Iterable[str], *, err: bool = False) -> None:
    """Print lines that may hold foreign text."""
    for line in lines:
        click.echo(visible(line), err=err)


def echo_json(row: Mapping[str, object]) -> None:
    """Print one line of JSON that may hold foreign text."""
    click.echo(visible_json(json.dumps(row, ensure_ascii=False)))


def with_kafka(command: Callable[[Reach, Settings], Awaitable[int]]) -> int:
    """Run a command with the way to Kafka and the settings. Return its exit code. Raises RefusalError."""
    no_log()

    async def run() -> int:
        settings = read_settings(os.environ)
        return await command(connection(settings), settings)

    return asyncio.run(run())
