"""`policies check`."""

import sys
from datetime import datetime
from pathlib import Path

import click

from service.cli import options


@click.group()
def policies() -> None:
    """Look at policy files."""


@policies.command()
@click.argument("directory", type=click.Path(path_type=Path), required=False)
@options.policies
@click.option(
    "--at",
    "receipt",
    callback=options.read_instant,
    metavar="INSTANT",
    help="a sample receipt; default: when each policy takes effect",
)
def check(directory: Path | None, policies: Path, receipt: datetime | None) -> int:
    """Validate the policy files and print each level's due instant.

    Those of DIRECTORY, if given.
    """
    from service.offline.policies_check import check as examine

    return examine(directory or policies, sys.stdout, sys.stderr, receipt)
