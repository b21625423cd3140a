"""Codes: short texts that publishers choose, such as a priority. They are made fit before they count."""

import re
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

LONGEST = 64  # characters
MOST_WORDS = 3  # more words are a sentence, which may hold personal data

# Unicode's whitespace. Python's own also has the control characters U+001C to U+001F.
_SPACE = "\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SPACES = re.compile(f"[{_SPACE}]+")
_OUTER = re.compile(f"^[{_SPACE}]+|[{_SPACE}]+$")
_FIT = re.compile(f"[^{_SPACE}@\u0000-\u001f\u007f-\u009f\ud800-\udfff]{{1,{LONGEST}}}")


def fit(value: Any) -> str | None:
    """Return the code that `value` gives, or None when it is absent or does not fit.

    A whole number becomes its text. Whitespace around the text goes, whitespace within becomes `_`.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**LONGEST else ""  # Python refuses to write very long numbers
    if not isinstance(value, str):
        return None
    words = _SPACES.split(_OUTER.sub("", value), maxsplit=MOST_WORDS)
    text = "_".join(words)
    return text if len(words) <= MOST_WORDS and _FIT.fullmatch(text) else None


def is_absent(value: Any) -> bool:
    """True for a value that counts as not given: null, or a text without any character but whitespace."""
    return value is None or (isinstance(value, str) and not _OUTER.sub("", value))


class MadeFit:
    """Marks a field of an event whose value is made fit first."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(fit, handler(source))


class ClosedMadeFit:
    """Marks a code with a list of values: a fit one that is none of them counts as the last of the list."""

    def __init__(self, *values: str) -> None:
        self.values = values

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def closed(value: Any) -> str | None:
            text = fit(value)
            return text if text is None or text in self.values else self.values[-1]

        return core_schema.no_info_before_validator_function(closed, handler(source))


_Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST, pattern=r"^[^\s@\u0000-\u001f\u007f-\u009f]+$"),
]
# An optional value. One that does not fit is dropped, so that the event is not rejected for it.
Code = Annotated[_Text | None, MadeFit()]
