"""JSON from anybody: what it holds, or a rejection, whatever the bytes."""

import math
import re
from typing import Any

import msgspec

from service.events.rejection import Reason, RejectedError

DEEPEST = 64  # levels of arrays and objects; where the parser itself gives up depends on who called it

_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ALIKE = bytes.maketrans(b"{}", b"[]")  # which kind a bracket is, the parser looks at


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
        raise RejectedError(Reason.NOT_JSON, None, f"is nested more than {DEEPEST} deep, or never closed")
    try:
        return _parse(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RejectedError(Reason.NOT_JSON, None, "the value is not JSON in UTF-8") from None


def _is_deeper(text: bytes, deepest: int) -> bool:
    """True also where brackets do not match. A pass takes the innermost pairs away: one level of all."""
    brackets = _STRINGS.sub(b"", text).translate(_ALIKE, _NO_BRACKETS)
    for _ in range(deepest):
        if not brackets:
            break
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)
