"""JSON from anybody: what it holds, or a rejection, whatever the bytes."""

import math
import re
from array import array
from itertools import accumulate
from typing import Any

import msgspec

from service.events.rejection import Reason, RejectedError

DEEPEST = 64  # levels of arrays and objects; where the parser itself gives up depends on who called it

_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\1\1\xff\xff")  # down or up; which kind it is, the parser looks at


def _number(text: str) -> float:
    """The parser's own reading of a number takes 50 times as long for those that lie between two doubles."""
    number = float(text)
    if math.isinf(number):
        raise ValueError("no computer holds it")
    return number


_parse = msgspec.json.Decoder(float_hook=_number).decode


def read_json(text: bytes, deepest: int = DEEPEST) -> Any:
    """The value that `text` says; of a key that stands twice in an object, the last one counts.

    Raises RejectedError: also for a byte order mark, NaN, lone surrogates and numbers no computer holds.
    """
    if text.count(b"[") + text.count(b"{") > deepest and _is_deeper(text, deepest):
        raise RejectedError(Reason.NOT_JSON, None, f"is nested more than {DEEPEST} deep")
    try:
        return _parse(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RejectedError(Reason.NOT_JSON, None, "the value is not JSON in UTF-8") from None


def _is_deeper(text: bytes, deepest: int) -> bool:
    """In one pass, whatever stands there: nobody waits long for 250,000 brackets."""
    brackets = _STRINGS.sub(b"", text).translate(_STEPS, _NO_BRACKETS)
    return max(accumulate(array("b", brackets)), default=0) > deepest
