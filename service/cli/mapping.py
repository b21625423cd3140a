"""`mapping check` and `mapping try`: look at mapping files, without Kafka."""

import sys
from pathlib import Path

import click


@click.group()
def mapping() -> None:
    """Look at mapping files: how a help desk's data become events."""


_file = click.argument("file", type=click.Path(path_type=Path))


@mapping.command()
@_file
@click.option(
    "--samples",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="a directory of bodies, NAME.json, with their headers in NAME.headers; history*.json is a history",
)
def check(file: Path, samples: Path | None) -> int:
    """Validate a mapping file.

    With --samples: print what each body gives, which rules gave no event, and which expressions were never
    anything but null; exit code 1 when there is any of it, or a body that cannot be mapped.
    """
    from service.offline.mapping_check import check as examine

    return examine(file, samples, stdin=sys.stdin.buffer, out=sys.stdout, err=sys.stderr)


@mapping.command(name="try")
@_file
@click.argument("body")
@click.option("--headers", type=click.Path(path_type=Path), help="a file with a line Name: value for each")
@click.option("--endpoint", default="", help="the path segment that received it")
@click.option("--history", is_flag=True, help="BODY is a history, not a delivery")
def try_(file: Path, body: str, headers: Path | None, endpoint: str, *, history: bool) -> int:
    """Print the events that a body gives, and what was dropped.

    BODY is a file, or - for standard input. Events are JSON Lines on standard output; what was dropped or
    made fit, and why, is on standard error with its text. Exit code 1 when it cannot be mapped.
    """
    from service.mapping.mapping_file import read_mapping
    from service.offline.mapping_try import try_body

    if history and (headers or endpoint):
        raise click.UsageError("a history has neither headers nor an endpoint")
    return try_body(
        read_mapping(file),
        body,
        headers=headers,
        endpoint=endpoint,
        history=history,
        stdin=sys.stdin.buffer,
        out=sys.stdout,
        err=sys.stderr,
    )
