"""Expressions with their places in a mapping file."""

from dataclasses import dataclass

from service.mapping.expression import Expression


@dataclass(frozen=True, slots=True)
class Located:
    """An expression, and its place in the file."""

    expression: Expression
    line: int
    field: str
