"""Conditions of rules: tests from a closed list, all of which must hold.

A field that is missing, and a function that cannot read what it meets, make a test fail, also under `not`;
only `null` is a test for a missing field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from service.mapping.context import Context
from service.mapping.expression import Expression, ValueTypeError
from service.mapping.scalar import is_empty, text_of


class Test(Protocol):
    """One test of a value."""

    def holds(self, value: Any, context: Context) -> bool:
        """True when the value passes."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """Passes a scalar with one of these texts. `empty`: also a missing field, null and an empty text."""

    texts: frozenset[str]
    empty: bool

    def holds(self, value: Any, context: Context) -> bool:  # noqa: ARG002
        """See Test."""
        return self.empty if is_empty(value) else text_of(value) in self.texts


@dataclass(frozen=True, slots=True)
class Not:
    """Passes a field that is there and does not pass the other test."""

    test: Test

    def holds(self, value: Any, context: Context) -> bool:
        """See Test."""
        return not is_empty(value) and not self.test.holds(value, context)


@dataclass(frozen=True, slots=True)
class Changed:
    """Passes [old, new] when one of these texts came (`gained`) or went. A scalar is an array of one."""

    texts: frozenset[str]
    gained: bool

    def holds(self, value: Any, context: Context) -> bool:  # noqa: ARG002
        """See Test."""
        if not isinstance(value, list) or len(value) != 2:
            return False
        old, new = map(_texts, value)
        return not self.texts.isdisjoint(new - old if self.gained else old - new)


@dataclass(frozen=True, slots=True)
class Contains:
    """Passes an array with one of these as an element, or a text with one of these in it."""

    texts: frozenset[str]

    def holds(self, value: Any, context: Context) -> bool:  # noqa: ARG002
        """See Test."""
        if isinstance(value, list):
            return not self.texts.isdisjoint(_texts(value))
        return isinstance(value, str) and any(text in value for text in self.texts)


@dataclass(frozen=True, slots=True)
class BeginsWith:
    """Passes a text that begins with one of these."""

    texts: tuple[str, ...]

    def holds(self, value: Any, context: Context) -> bool:  # noqa: ARG002
        """See Test."""
        return isinstance(value, str) and value.startswith(self.texts)


@dataclass(frozen=True, slots=True)
class EndsWith:
    """Passes a text that ends with one of these."""

    texts: tuple[str, ...]

    def holds(self, value: Any, context: Context) -> bool:  # noqa: ARG002
        """See Test."""
        return isinstance(value, str) and value.endswith(self.texts)


@dataclass(frozen=True, slots=True)
class Compared:
    """Passes a scalar with the same text as another field, or with another one. Both must be there."""

    other: Expression
    same: bool

    def holds(self, value: Any, context: Context) -> bool:
        """See Test."""
        mine, theirs = text_of(value), text_of(context.read(self.other))
        return mine is not None and theirs is not None and (mine == theirs) is self.same


@dataclass(frozen=True, slots=True)
class When:
    """All tests of a rule; without a test it always holds."""

    tests: Sequence[tuple[Expression, Test]] = ()

    def holds(self, context: Context) -> bool:
        """True when every test holds. A type error counts as *no*."""
        try:
            return all(test.holds(context.read(path), context) for path, test in self.tests)
        except ValueTypeError:
            return False


def _texts(value: Any) -> frozenset[str]:
    listed = value if isinstance(value, list) else [value]
    return frozenset(text for one in listed if (text := text_of(one)) is not None)
