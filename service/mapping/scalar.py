"""The text of a JSON scalar. All comparisons and tables of a mapping are of texts."""

import math

_MOST_DIGITS = 64
_FORMS = {"list": "an array", "dict": "an object", "int": "a long number", "float": "no number"}
SHOWN = 200  # characters of a value that is shown to the author of a mapping


def text_of(value: object) -> str | None:
    """Return the text of a scalar: `true`, `5`, `5.5`; None of null, an array, an object or no number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_MOST_DIGITS else None
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return None


def is_empty(value: object) -> bool:
    """True of null and of a text without any character but blanks: it counts as not given."""
    return value is None or (isinstance(value, str) and not value.strip())


def shown(value: object) -> str:
    """Return a value as the author of a mapping sees it, cut to 200 characters. Never for a log."""
    text = text_of(value)
    if text is None:
        text = _FORMS.get(type(value).__name__, "null")
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
