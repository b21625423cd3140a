"""`tariff check`: looks at tariff files, without Kafka."""

import sys
from pathlib import Path

import click


@click.group()
def tariff() -> None:
    """Look at tariff files: what a breach costs."""


@tariff.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--breaches",
    metavar="FILE",
    help="JSON Lines as simulate writes them, or structured events of sla.breaches; - for standard input",
)
@click.option("--json", "as_json", is_flag=True, help="JSON Lines, for programs")
def check(files: tuple[Path, ...], breaches: str | None, *, as_json: bool) -> int:
    """Validate tariff files, and print what sample breaches cost.

    FILES are the versions of one tariff. With --breaches: print what each account is owed for each month, and
    what is held because it has no price, account or customer; exit code 1 when something is held, or a line
    cannot be used.
    """
    from service.offline.tariff_check import check as examine

    return examine(files, breaches, as_json=as_json, stdin=sys.stdin.buffer, out=sys.stdout, err=sys.stderr)
