"""The command line. Each command imports what it needs when it runs, so that `--help` is quick."""

import errno
import io
import signal
import sys
from collections.abc import Sequence

import click

from service.cli.board import board
from service.cli.calendar import calendar
from service.cli.demo import demo
from service.cli.offline import COMMANDS
from service.cli.policies import policies
from service.cli.rejected import rejected
from service.cli.report import report
from service.cli.run import run
from service.cli.state import state
from service.cli.topics import topics
from service.settings import Refusal
from service.sla.calendar import YearUnknown


class _ReadEnoughError(Exception):
    """Whoever reads our output has closed it, as in `sla-timer simulate … | head`."""


class _Commands(click.Group):
    """Notices a closed pipe before click does, whose exit code 1 would mean findings."""

    def invoke(self, context: click.Context) -> object:
        """Run the command; what it wrote is out when this returns."""
        try:
            result: object = super().invoke(context)
            sys.stdout.flush()
        except BrokenPipeError:
            raise _ReadEnoughError from None
        return result


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sla-timer", message="%(version)s")
def sla_timer() -> None:
    """Keep the promise clocks of complaint tickets and announce every breach, once.

    Exit codes: 0 fine, 1 findings, 2 wrong usage or bad input.
    """


for command in (run, board, demo, *COMMANDS, report, topics, policies, calendar, rejected, state):
    sla_timer.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: its code, or 2 after one line on standard error saying what was wrong."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # JSON and pages are UTF-8, whatever the terminal is
    sys.exit(_answer(arguments))


def _answer(arguments: Sequence[str] | None) -> int:
    try:
        return sla_timer.main(arguments, prog_name="sla-timer", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        return 2
    except click.ClickException as error:
        return _refuse(error.format_message())
    except (Refusal, YearUnknown) as error:
        return _refuse(str(error))
    except (click.Abort, KeyboardInterrupt):
        return 128 + signal.SIGINT
    except _ReadEnoughError:
        sys.stdout = None  # or the interpreter flushes into the pipe once more
        return 128 + signal.SIGPIPE
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.stdout = None
        return _refuse(f"standard output: {error.strerror}")


def _refuse(reason: str) -> int:
    first, *others = reason.splitlines()
    more = f" (and {len(others)} more)" if others else ""
    click.echo(f"sla-timer: {first}{more}", err=True)
    return 2
