"""Futures whose failure is read elsewhere, or by nobody."""

import asyncio
from typing import Any


def read_later(future: "asyncio.Future[Any]") -> None:
    """Retrieve the exception once there is one; otherwise asyncio logs it as never retrieved."""
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
