"""`board`: the board as a process of its own."""

import os

import click

from service.cli import options

DEFAULT_ADDRESS = "127.0.0.1:8081"  # SLA_HTTP's own default is the service's


@click.command()
@click.option(
    "--http", metavar="TEXT", help=f"where it is served, host:port [SLA_HTTP; default {DEFAULT_ADDRESS}]"
)
@options.services("to show what it does and how far its restore is")
def board(http: str | None, services: tuple[str, ...]) -> int:
    """Show the open tickets by nearest deadline, live, in a browser. Reads committed state only."""
    from service.processes.board import serve_board
    from service.settings import read_settings

    address = http or (None if os.environ.get("SLA_HTTP") else DEFAULT_ADDRESS)
    return serve_board(read_settings(os.environ, {"http": address} if address else {}), services)
