"""Signals of a long-running process: SIGTERM, SIGINT and SIGHUP end it in order, SIGUSR1 and 2 do not."""

import logging
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

log = logging.getLogger(__name__)

_ASKS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_MEANS_NOTHING = (signal.SIGUSR1, signal.SIGUSR2)


def asked_to_end() -> list[signal.Signals]:
    """Return the signals that end the process: SIGTERM, and SIGINT and SIGHUP unless they are ignored.

    A process starts with them ignored under nohup, or by `&` in a script.
    """
    return [one for one in _ASKS if one is signal.SIGTERM or signal.getsignal(one) is not signal.SIG_IGN]


def when_asked_to_end(loop: "AbstractEventLoop", end: Callable[[], object]) -> None:
    """Call `end` in the loop when a signal asks to end. SIGUSR1 and SIGUSR2 no longer end the process."""
    for one in asked_to_end():
        loop.add_signal_handler(one, end)
    for one in _MEANS_NOTHING:
        loop.add_signal_handler(one, _say_that_it_means_nothing, one)


def _say_that_it_means_nothing(one: signal.Signals) -> None:
    log.warning("%s means nothing to this process; SIGTERM, SIGINT and SIGHUP end it", one.name)
