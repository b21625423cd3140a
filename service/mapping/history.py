"""What a help desk tells afterwards, as the deliveries that it would have sent.

How it works: a source names the arrays of the document, from the outside in. For each element it puts a body
together and gives it to the rules for deliveries. So an event of the history has the id, the instant and the
content that the rule gives it, and nothing is written twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.mapping.condition import When
from service.mapping.context import Context
from service.mapping.delivery import Delivery
from service.mapping.expression import DELIVERY, Expression
from service.mapping.lookup import Names
from service.mapping.mapped import UnmappableError
from service.mapping.rule import Each

Shape = Expression | Mapping[str, "Shape"]  # a body: objects of the file, expressions as their leaves


@dataclass(frozen=True, slots=True)
class Telling:
    """One source of a history."""

    name: str
    each: Sequence[Each]
    names: Names
    condition: When
    body: Shape
    headers: Mapping[str, str] = field(default_factory=dict)
    endpoint: str = ""
    looks_back: bool = False  # an expression reads `delivery.before`
    tests_names: bool = True  # a test reads a name of `with`, so that these come first

    def deliveries(self, context: Context) -> Iterator[tuple[str, Delivery | UnmappableError]]:
        """Yield each element's place and delivery, or why it has none; not those that fail the test."""
        yield from self._nested(context.of_rule(self.name), self.each, self.name)

    def _nested(
        self, context: Context, each: Sequence[Each], place: str
    ) -> Iterator[tuple[str, Delivery | UnmappableError]]:
        if not each:
            try:
                found = self._delivery(context)
            except UnmappableError as error:
                yield place, error
            else:
                if found:
                    yield place, found
            return
        outer, *inner = each
        try:
            elements = outer.elements(context)
        except UnmappableError as error:
            yield place, error
            return
        for number, element in enumerate(elements):
            within = context.within(**{outer.name: element})
            if self.looks_back and not inner:
                of = {**context.values[DELIVERY], "before": list(elements[:number])}
                within = within.within(**{DELIVERY: of})
            yield from self._nested(within, inner, f"{place}, {outer.name} {number + 1}")

    def _delivery(self, context: Context) -> Delivery | None:
        if not self.tests_names and not self.condition.holds(context):
            return None
        context = self.names.added(context)
        if self.tests_names and not self.condition.holds(context):
            return None
        return Delivery(_filled(self.body, context), self.headers, self.endpoint)


def _filled(shape: Shape, context: Context) -> Any:
    if isinstance(shape, Expression):
        return context.read_or_none(shape)
    return {name: _filled(inner, context) for name, inner in shape.items()}
