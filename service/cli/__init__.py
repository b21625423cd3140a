"""The entry point of the command line. It imports everything else, so that Ctrl-C is handled from here on."""

import os
import signal
import sys
from collections.abc import Sequence

INTERRUPTED = 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code, or with 2 after one line on standard error with the reason."""
    sys.unraisablehook = _unraisable
    try:
        from service.cli.program import answer

        code = answer(arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code < 0:  # ended by a signal: unfinished files are removed by now, so end by the same signal
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    if code == INTERRUPTED:
        os._exit(code)  # a thread may still be reading standard input: do not wait for it
    sys.exit(code)


def _unraisable(error: "sys.UnraisableHookArgs") -> None:
    """Print no traceback for a Ctrl-C that arrives in a destructor."""
    if not issubclass(error.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(error)
