"""A rule: which deliveries it is for, and the events that it makes of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from service.mapping.condition import When
from service.mapping.context import Context
from service.mapping.event_rule import EventRule
from service.mapping.expression import Expression, ValueTypeError
from service.mapping.lookup import Names

MOST_ELEMENTS = 250  # of the array of `each`, in one delivery


@dataclass(frozen=True, slots=True)
class Each:
    """The array whose elements a rule takes one by one, and the name of an element."""

    name: str
    array: Expression

    def elements(self, context: Context) -> Sequence[Any]:
        """Return the elements; none where the array is missing. Raises UnmappableError."""
        try:
            found = context.read(self.array)
        except ValueTypeError as error:
            raise context.unmappable("each", str(error)) from None
        if found is None:
            return ()
        if not isinstance(found, list):
            raise context.unmappable("each", "is no array", found)
        return found


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a mapping file."""

    name: str
    condition: When
    each: Each | None
    names: Names
    event_rules: Sequence[EventRule]
    line: int = 0  # of the file

    def contexts(self, context: Context) -> Iterator[Context]:
        """Yield the contexts in which the rule makes events: none, one, or one for each element.

        Raises UnmappableError.
        """
        context = context.of_rule(self.name)
        if not self.condition.holds(context):
            return
        if self.each is None:
            yield self.names.added(context)
            return
        elements = self.each.elements(context)
        if len(elements) > MOST_ELEMENTS:
            raise context.unmappable("each", f"has more than {MOST_ELEMENTS} elements")
        for element in elements:
            yield self.names.added(context.within(**{self.each.name: element}))
