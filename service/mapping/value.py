"""Values of an event's fields: a constant, or what expressions read, translated by a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from service.mapping.context import Context
from service.mapping.expression import Expression, ValueTypeError
from service.mapping.scalar import is_empty, text_of


class Unknown(StrEnum):
    """What a text that a table does not list gives."""

    ERROR = "error"
    IGNORE = "ignore"
    OTHER = "other"


class Source(Protocol):
    """Where the value of a field comes from."""

    def value(self, field: str, context: Context) -> Any:
        """Return the value of `field`, None for none. Raises UnmappableError."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A text of the file."""

    text: str

    def value(self, field: str, context: Context) -> Any:  # noqa: ARG002
        """See Source."""
        return self.text


@dataclass(frozen=True, slots=True)
class Read:
    """The first value that is there, with parts of its text replaced, then translated."""

    expressions: Sequence[Expression]
    replace: Mapping[str, str] = field(default_factory=dict)  # parts of the text, in this order
    table: Mapping[str, str | None] | None = None  # whole texts; None leaves the field out
    otherwise: str | None = None  # of every text that the table lacks, and of a missing value
    unknown: Unknown = Unknown.ERROR

    def value(self, field: str, context: Context) -> Any:
        """See Source."""
        value = self._first(field, context)
        if self.replace and isinstance(value, str):
            for part, replacement in self.replace.items():
                value = value.replace(part, replacement)
        if self.table is None:
            return self.otherwise if is_empty(value) else value
        text = text_of(value)
        if text is not None and text.strip() in self.table:
            return self.table[text.strip()]
        if self.otherwise is not None:
            return self.otherwise
        return None if is_empty(value) else self._unknown(field, value, context)

    def _first(self, field: str, context: Context) -> Any:
        for expression in self.expressions:
            try:
                value = context.read(expression)
            except ValueTypeError as error:
                context.note(field, f"{expression.text}: {error}", None)
                continue
            if not is_empty(value):
                return value
        return None

    def _unknown(self, field: str, value: Any, context: Context) -> Any:
        if self.unknown is Unknown.ERROR:
            raise context.unmappable(field, "has a text that its table does not list", value)
        if self.unknown is Unknown.OTHER:
            context.note(field, "its table does not list the text, so it is “other”", value)
            return "other"
        context.note(field, "its table does not list the text, so it is left out", value)
        return None
