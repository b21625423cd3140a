"""`gateway dead list`, `show` and `retry`: read dead letters of the gateway, and map them again."""

import re
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.gateway_options import gateway_settings, sources
from service.text.visible import visible, visible_json

if TYPE_CHECKING:
    from service.processes.dead_letters import FoundLetter
    from service.settings import Settings


@click.group()
def dead() -> None:
    """List the dead letters of the gateway, and map them again.

    They are in the topic complaints.undeliverable, for seven days.
    """


def _names(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    del context
    for text in texts:
        if not re.fullmatch(r"[0-9]+:[0-9]+", text):
            raise click.BadParameter(f"{text!r} is no partition:offset as `list` shows it", param=parameter)
    return texts


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
            click.echo(_json(_outline(found)) if as_json else _line(found))
        return 0

    return _run(tell)


@dead.command()
@click.argument("names", nargs=-1, required=True, metavar="PARTITION:OFFSET...", callback=_names)
@click.option("--raw", is_flag=True, help="headers and body too: they hold personal data")
def show(names: tuple[str, ...], *, raw: bool) -> int:
    """Show dead letters as JSON. Without --raw only their sizes, never what they say."""

    async def tell(settings: "Settings") -> int:
        async for found in _chosen(settings, names, ()):
            shown = _outline(found) | (_content(found) if raw else _sizes(found))
            click.echo(_json(shown, indent=2))
        return 0

    return _run(tell)


@dead.command()
@click.argument("names", nargs=-1, metavar="[PARTITION:OFFSET...]", callback=_names)
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
    return visible(f"{found.name:<10} {_when(found.at) or 'at an unknown time':<24}  {said}")


def _when(at: int) -> str | None:
    from schemas.instant import written

    try:
        return written(at) if at >= 0 else None
    except OverflowError:
        return None


def _outline(found: "FoundLetter") -> dict[str, object]:
    letter = found.letter
    return {
        "record": found.name,
        "came_at": _when(letter.came_at),
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
    from base64 import b64encode

    body = found.letter.body
    try:
        text: object = body.decode()
    except UnicodeDecodeError:
        text = {"base64": b64encode(body).decode()}
    return {"headers": dict(found.letter.headers), "body": text}


def _json(shown: object, indent: int | None = None) -> str:
    import json

    return visible_json(json.dumps(shown, ensure_ascii=False, indent=indent))


def _run(command: "Callable[[Settings], Coroutine[None, None, int]]", path: Path | None = None) -> int:
    import asyncio

    from service.telemetry.logs import no_log

    no_log()
    return asyncio.run(command(gateway_settings(path)))
