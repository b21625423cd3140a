"""`gateway`: the process that takes webhooks; `gateway check`, `gateway openapi` and `gateway dead`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.dead_letters import dead
from service.cli.gateway_options import DEFAULT_ADDRESS, gateway_settings, sources
from service.text.visible import visible

if TYPE_CHECKING:
    from service.gateway.source import HookSource


def _path(path: Path | None) -> Path:
    return path or Path(os.environ.get("SLA_GATEWAY") or "gateway.yaml")


@click.group(invoke_without_command=True)
@sources
@click.option(
    "--http", metavar="TEXT", help=f"where it is served, host:port [SLA_HTTP; default {DEFAULT_ADDRESS}]"
)
@click.pass_context
def gateway(context: click.Context, path: Path | None, http: str | None) -> int:
    """Take webhooks of help desks, and publish their events.

    Without a command below it runs until it is asked to end. Any number of processes may run.
    """
    if context.invoked_subcommand is not None:
        if path or http:
            raise click.UsageError("give --sources after the command, and --http only without one")
        return 0
    from service.processes.gateway import serve_gateway

    return serve_gateway(gateway_settings(path, http))


@gateway.command()
@sources
@click.option("--open", "open_to_others", is_flag=True, help="as if it could be reached from other machines")
def check(path: Path | None, *, open_to_others: bool) -> int:
    """Validate the sources, their mappings and secrets. Prints a line for each source."""
    from service.gateway.gateway_file import read_sources

    for source in read_sources(_path(path), open_to_others=open_to_others).values():
        click.echo(visible(_described(source)))
    return 0


@gateway.command()
@sources
def openapi(path: Path | None) -> int:
    """Print the HTTP interface as an OpenAPI 3.1 document.

    JSON with the endpoint of each source, its headers, and every answer. The secrets are not read.
    """
    from service.gateway.gateway_file import read_sources
    from service.processes.build import version
    from service.processes.openapi import document

    found = read_sources(_path(path), open_to_others=False, with_secrets=False)
    click.echo(document(found.values(), version()))
    return 0


def _described(source: "HookSource") -> str:
    proof = type(source.proof).__name__ if source.proof else "no proof, so on loopback only"
    kind = {"SignatureScheme": "signed", "SharedToken": "with a token"}.get(proof, proof)
    return (
        f"{source.endpoint}: {kind}, mapping {source.mapping.name} ({source.mapping.digest[:12]}), "
        f"tenant {source.tenant}, at most {source.limit} bytes"
    )


gateway.add_command(dead)
