"""JSON from anybody: what it holds, or a rejection, whatever the bytes."""

import re
from typing import Any

import msgspec

from service.events.rejection import Reason, RejectedError

DEEPEST = 64  # levels of arrays and objects; where the parser itself gives up depends on who called it

_parse = msgspec.json.Decoder().decode
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


def read_json(text: bytes, deepest: int = DEEPEST) -> Any:
    """The value that `text` says; of a key that stands twice in an object, the last one counts.

    Raises RejectedError: also for a byte order mark, NaN, lone surrogates and numbers no computer holds.
    """
    if text.count(b"[") + text.count(b"{") > deepest and _depth(text) > deepest:
        raise RejectedError(Reason.NOT_JSON, None, f"is nested more than {DEEPEST} deep")
    try:
        return _parse(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RejectedError(Reason.NOT_JSON, None, "the value is not JSON in UTF-8") from None


def _depth(text: bytes) -> int:
    depth = deepest = 0
    for match in _BRACKETS.finditer(text):
        if match[0] in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in b"]}":
            depth -= 1
    return deepest
