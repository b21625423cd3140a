"""`run`: the service. Its options are the settings."""

import os
from collections.abc import Callable

import click

from service.settings import SETTINGS, Setting


def _option(setting: Setting) -> Callable[[Callable[..., int]], Callable[..., int]]:
    default = f"; default {setting.default}" if setting.default else ""
    return click.option(
        setting.flag, setting.name, metavar="TEXT", help=f"{setting.help} [{setting.variable}{default}]"
    )


def _settings_as_options(command: Callable[..., int]) -> Callable[..., int]:
    for setting in reversed([one for one in SETTINGS if one.of_run]):
        command = _option(setting)(command)
    return command


@click.command()
@_settings_as_options
def run(**flags: str | None) -> int:
    """Run the service: judge, announce, serve probes and metrics."""
    from service.processes.service import serve
    from service.settings import read_settings

    return serve(read_settings(os.environ, {name: text for name, text in flags.items() if text is not None}))
