"""A JSON reader for untrusted bytes: returns the value, or raises a rejection."""

import math
import re
from array import array
from itertools import accumulate
from typing import Any

import msgspec

from service.events.rejection import Reason, RejectedError

DEEPEST = 64  # levels of arrays and objects; the parser's own limit depends on the depth of the call stack

_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\1\1\xff\xff")  # one level down or up; the parser checks the kind


def _number(text: str) -> float:
    """Read a number. The parser takes 50 times as long for a number that lies between two doubles."""
    number = float(text)
    if math.isinf(number):
        raise ValueError("no computer holds it")
    return number


_parse = msgspec.json.Decoder(float_hook=_number).decode


def read_json(text: bytes, deepest: int = DEEPEST) -> Any:
    """Return the value of a JSON `text`. Of a key that an object has twice, the last value counts.

    Raises RejectedError: also for a byte order mark, NaN, lone surrogates and numbers beyond a double.
    """
    if text.count(b"[") + text.count(b"{") > deepest and _is_deeper(text, deepest):
        raise RejectedError(Reason.NOT_JSON, None, f"is nested more than {DEEPEST} deep")
    try:
        return _parse(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RejectedError(Reason.NOT_JSON, None, "the value is not JSON in UTF-8") from None


def _is_deeper(text: bytes, deepest: int) -> bool:
    """True when `text` nests deeper than `deepest`. One pass, so that 250,000 brackets take no long time."""
    brackets = _STRINGS.sub(b"", text).translate(_STEPS, _NO_BRACKETS)
    return max(accumulate(array("b", brackets)), default=0) > deepest
