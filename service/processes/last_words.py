"""The error message of a process that ends by an unexpected error."""

import sys
import traceback

from service.text.visible import one_line

CRASHED = 70  # exit code (EX_SOFTWARE)


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
