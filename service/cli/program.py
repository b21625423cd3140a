"""All commands. A command imports its modules when it runs, so that `--help` is quick.

To add a command (a click command, no argparse `add_parser`): follow the recipe in docs/contributing.md.
"""

import signal
import sys
from collections.abc import Sequence

import click

from service.cli import INTERRUPTED
from service.cli.backfill import backfill
from service.cli.board import board
from service.cli.calendar import calendar
from service.cli.demo import demo
from service.cli.gateway import gateway
from service.cli.leave import leave
from service.cli.mapping import mapping
from service.cli.offline import COMMANDS
from service.cli.partition import partition
from service.cli.policies import policies
from service.cli.rejected import rejected
from service.cli.report import report
from service.cli.run import run
from service.cli.state import state
from service.cli.streams import ReadEnoughError, open_streams
from service.cli.tariff import tariff
from service.cli.topics import topics
from service.errors import RefusalError
from service.processes.signals import asked_to_end
from service.sla.calendar.calendar import YearUnknown
from service.text.visible import visible


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sla-timer", message="%(version)s")
def sla_timer() -> None:
    """Keep the promise clocks of complaint tickets and announce every breach, once.

    Exit codes: 0 fine, 1 findings, 2 wrong usage or bad input, 70 a process died of an error of its own,
    130 interrupted, 141 nobody reads its output any more.
    """


for command in (
    run,
    leave,
    gateway,
    backfill,
    board,
    demo,
    *COMMANDS,
    report,
    topics,
    policies,
    mapping,
    tariff,
    calendar,
    rejected,
    state,
    partition,
):
    sla_timer.add_command(command)


def answer(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, or the negative number of the signal that ended it."""
    open_streams()
    for one in asked_to_end():
        if one is not signal.SIGINT:  # Python raises KeyboardInterrupt for SIGINT
            signal.signal(one, _end)
    try:
        code: int = sla_timer.main(arguments, prog_name="sla-timer", standalone_mode=False) or 0
        sys.stdout.flush()  # a command whose output cannot be written has failed
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        return 2
    except click.ClickException as error:
        return _refuse(error.format_message())
    except (RefusalError, YearUnknown) as error:
        return _refuse(str(error))
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except ReadEnoughError:
        return 128 + signal.SIGPIPE
    except _AskedToEnd as asked:
        return -asked.by
    return code


class _AskedToEnd(SystemExit):
    """A signal ends the command. Unwinding the stack removes unfinished files. asyncio lets it pass."""

    def __init__(self, by: int) -> None:
        super().__init__(by)
        self.by = by


def _end(by: int, _: object) -> None:
    raise _AskedToEnd(by)


def _refuse(reason: str) -> int:
    first, *others = reason.splitlines()
    more = f" (and {len(others)} more)" if others else ""
    click.echo(f"sla-timer: {visible(first)}{more}", err=True)
    return 2
