"""Names that a rule or history gives to values: an expression, a table, or a lookup by key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.mapping.context import Context
from service.mapping.expression import Expression, ValueTypeError
from service.mapping.scalar import text_of
from service.mapping.value import Source


@dataclass(frozen=True, slots=True)
class Find:
    """The element of an array, or the value of an object, that a key names. The join of two lists.

    `key`: the field of an array's elements that must equal `by`; None looks `by` up in an object. A row that
    a further file of an export lacks is an error, unless it is `optional`.
    """

    where: Expression
    by: Expression
    key: Expression | None = None
    optional: bool = False

    def value(self, field: str, context: Context) -> Any:
        """See Source. Raises UnmappableError."""
        wanted = text_of(context.read_or_none(self.by))
        if wanted is None:
            return None
        found = self._index(context).get(wanted)
        if found is None and self.where.text in context.tables and not self.optional:
            raise context.unmappable(field, f"{self.where.text} has no such row", wanted)
        return found

    def _index(self, context: Context) -> Mapping[str, Any]:
        """Return the elements by key, the first of each; kept while one document is mapped."""
        roots = [context.values.get(root) for root in sorted(self.where.roots)]
        place = (self.where.text, self.key and self.key.text, *map(id, roots))
        if place not in context.indexes:
            # The roots are kept as well: an id is good as long as its object lives.
            context.indexes[place] = (roots, self._indexed(context))
        return context.indexes[place][1]

    def _indexed(self, context: Context) -> Mapping[str, Any]:
        found = context.read_or_none(self.where)
        if isinstance(found, dict):
            return found
        index: dict[str, Any] = {}
        for element in found if isinstance(found, list) and self.key else ():
            if isinstance(element, dict) and (key := _key(self.key, element)) is not None:
                index.setdefault(key, element)
        return index


@dataclass(frozen=True, slots=True)
class Names:
    """Values with names, in the order of the file: each may use those before it."""

    sources: Mapping[str, Source] = field(default_factory=dict)

    def added(self, context: Context) -> Context:
        """Return the context with these names. Raises UnmappableError."""
        for name, source in self.sources.items():
            context = context.within(**{name: source.value(f"with.{name}", context)})
        return context


def _key(by: Expression | None, element: dict[str, Any]) -> str | None:
    try:
        return None if by is None else text_of(by.read(element))
    except ValueTypeError:
        return None
