"""`gateway dead list`, `show` and `retry`: read dead letters of the gateway, and map them again."""

from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.gateway_options import gateway_settings, sources
from service.cli.topic_records import content_text, instant_text, json_text, read_names
from service.text.visible import visible

if TYPE_CHECKING:
    from service.processes.dead_letters import FoundLetter
    from service.settings import Settings


@click.group()
def dead() -> None:
    """List the dead letters of the gateway, and map them again.

    They are in the topic complaints.undeliverable, for seven days.
    """


_endpoints = click.option("--source", "endpoints", multiple=True, help="only of these; may be repeated")


@dead.command(name="list")
@_endpoints
@click.option("--json", "as_json", is_flag=True, help="JSON Lines, for programs")
def list_(endpoints: tuple[str, ...], *, as_json: bool) -> int:
    """List the dead letters: when, of which source, and why.

    One line each, nothing of their content.
    """

    async def tell(settings: "Settings") -> int:
        async for found in _chosen(settings, (), endpoints):
            click.echo(json_text(_outline(found)) if as_json else _line(found))
        return 0

    return _run(tell)


@dead.command()
@click.argument("names", nargs=-1, required=True, metavar="PARTITION:OFFSET...", callback=read_names)
@click.option("--raw", is_flag=True, help="headers and body too: they hold personal data")
def show(names: tuple[str, ...], *, raw: bool) -> int:
    """Show dead letters as JSON. Without --raw only their sizes, never what they say."""

    async def tell(settings: "Settings") -> int:
        async for found in _chosen(settings, names, ()):
            shown = _outline(found) | (_content(found) if raw else _sizes(found))
            click.echo(json_text(shown, indent=2))
        return 0

    return _run(tell)


@dead.command()
@click.argument("names", nargs=-1, metavar="[PARTITION:OFFSET...]", callback=read_names)
@sources
@_endpoints
@click.option("--all", "everything", is_flag=True, help="all that are there")
@click.option("--dry-run", is_flag=True, help="only tell what would be published")
def retry(
    names: tuple[str, ...], path: Path | None, endpoints: tuple[str, ...], *, everything: bool, dry_run: bool
) -> int:
    """Map dead letters again, with the mappings of today, and publish their events.

    Their ids are those that the first try would have given, so nothing counts twice. The dead letters stay
    in their topic. Exit code 1: some still cannot be mapped.
    """
    if not (names or endpoints or everything):
        raise click.UsageError("say which: PARTITION:OFFSET, --source or --all")

    async def send(settings: "Settings") -> int:
        return await _map_again(settings, names, endpoints, dry_run=dry_run)

    return _run(send, path)


async def _map_again(
    settings: "Settings", names: Collection[str], endpoints: Collection[str], *, dry_run: bool
) -> int:
    from service.clock import now_ms
    from service.gateway.gateway_file import read_sources
    from service.gateway.intake import Unmappable
    from service.processes.dead_letters import mapped_again, publishing

    desks = read_sources(settings.gateway, open_to_others=False, with_secrets=False)
    events, left = 0, 0
    async with publishing(settings) as to:
        async for found in _chosen(settings, names, endpoints):
            taken = mapped_again(desks, found.letter, now_ms())
            if isinstance(taken, Unmappable):
                click.echo(
                    visible(f"{found.name} cannot be mapped: {taken.reason}: {taken.detail}"), err=True
                )
                left += 1
                continue
            if not dry_run:
                await to.publish(taken.events)
            events += len(taken.events)
            kinds = ", ".join(event.kind for event in taken.events) or "no event: no rule fits"
            click.echo(visible(f"{found.name} {'would give' if dry_run else 'published'}: {kinds}"))
    click.echo(f"{events} events {'would be published' if dry_run else 'published'}, {left} cannot be mapped")
    return 1 if left else 0


async def _chosen(
    settings: "Settings", names: Collection[str], endpoints: Collection[str]
) -> "AsyncIterator[FoundLetter]":
    """Yield the dead letters with these names and of these sources; without any, all.

    Raises RefusalError for a name that the topic does not have.
    """
    from service.errors import RefusalError
    from service.processes.dead_letters import read_letters

    missing = dict.fromkeys(names)
    async for found in read_letters(settings):
        if (not names or found.name in names) and (not endpoints or found.letter.endpoint in endpoints):
            missing.pop(found.name, None)
            yield found
    if missing:
        raise RefusalError(f"there is no dead letter {', '.join(missing)} (any more?)")


def _line(found: "FoundLetter") -> str:
    letter = found.letter
    said = f"{letter.endpoint:<12} {letter.delivery or '-'}  {letter.why.reason}: {letter.why.detail}"
    return visible(f"{found.name:<10} {instant_text(found.at) or 'at an unknown time':<24}  {said}")


def _outline(found: "FoundLetter") -> dict[str, object]:
    letter = found.letter
    return {
        "record": found.name,
        "came_at": instant_text(letter.came_at),
        "source": letter.endpoint,
        "delivery": letter.delivery or None,
        "reason": letter.why.reason,
        "rule": letter.why.rule or None,
        "field": letter.why.field or None,
        "detail": letter.why.detail,
        "mapping": letter.mapping,
        "mapping_sha256": letter.digest,
    }


def _sizes(found: "FoundLetter") -> dict[str, object]:
    return {"body_bytes": len(found.letter.body), "headers": len(found.letter.headers)}


def _content(found: "FoundLetter") -> dict[str, object]:
    return {"headers": dict(found.letter.headers), "body": content_text(found.letter.body)}


def _run(command: "Callable[[Settings], Coroutine[None, None, int]]", path: Path | None = None) -> int:
    import asyncio

    from service.telemetry.logs import no_log

    no_log()
    return asyncio.run(command(gateway_settings(path)))
