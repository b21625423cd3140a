"""Runs a process to its end, and says why it ends by an unexpected error."""

import asyncio
import logging
import sys
import traceback
from collections.abc import Coroutine
from typing import Any

from service.errors import RefusalError
from service.telemetry.logs import open_log
from service.text.visible import one_line

log = logging.getLogger(__name__)

CRASHED = 70  # exit code (EX_SOFTWARE)


def run_process(log_form: str, serving: Coroutine[Any, Any, int]) -> int:
    """Open the log (see `open_log`), run `serving`, and return its exit code, or CRASHED.

    Raises RefusalError, which the caller shows.
    """
    open_log(log_form)
    try:
        return asyncio.run(serving)
    except RefusalError:
        raise
    except Exception as error:  # logged here, as the process ends by it
        log.critical("died", exc_info=error)  # the traceback is for developers only: it may hold data
        return died(error)


def died(error: Exception) -> int:
    """Write the error as one line to standard error. Return the exit code."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    sys.stderr.write(f"sla-timer: died: {last_words(error)}\n")
    return CRASHED


def last_words(error: BaseException) -> str:
    """Return an error as one line: the text of our, aiokafka's and OS errors, else only type and place.

    The text of any other error may hold data.
    """
    if type(error).__module__.startswith(("service.", "aiokafka.")) or isinstance(error, OSError):
        return f"{type(error).__name__}: {one_line(' '.join(str(error).split()))}"
    frames = traceback.extract_tb(error.__traceback__)
    return (
        f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}"
        if frames
        else type(error).__name__
    )
