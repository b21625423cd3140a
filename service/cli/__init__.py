"""The entrance of the command line. All else is loaded behind it: Ctrl-C has one answer from here on."""

import os
import signal
import sys
from collections.abc import Sequence

INTERRUPTED = 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: its code, or 2 after one line on standard error saying what was wrong."""
    sys.unraisablehook = _unraisable
    try:
        from service.cli.program import answer

        code = answer(arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code < 0:  # told to end: what is half done is gone, and so are we, by the signal
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    if code == INTERRUPTED:
        os._exit(code)  # a thread may still wait for standard input; nobody waits for the thread
    sys.exit(code)


def _unraisable(error: "sys.UnraisableHookArgs") -> None:
    """Ctrl-C may arrive while something is being destroyed: no reason to print a traceback."""
    if not issubclass(error.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(error)
