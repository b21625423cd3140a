"""What the commands of the gateway share: where its sources are, and its settings."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from service.settings import Settings

DEFAULT_ADDRESS = "127.0.0.1:8082"  # SLA_HTTP's own default is the service's
sources = click.option(
    "--sources",
    "path",
    type=click.Path(path_type=Path),
    help="file of the sources, or directory of them [SLA_GATEWAY; default gateway.yaml]",
)


def gateway_settings(path: Path | None, http: str | None = None) -> "Settings":
    """Return the settings of the gateway, with these options. Raises RefusalError."""
    from service.settings import read_settings

    address = http or (None if os.environ.get("SLA_HTTP") else DEFAULT_ADDRESS)
    flags = {"http": address, "gateway": str(path) if path else None}
    given = {name: text for name, text in flags.items() if text is not None}
    return read_settings(os.environ, given, asks_for_token=False)
