"""What the expressions of a rule see while one delivery is mapped, and what is noted meanwhile."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.instant import written
from service.mapping.delivery import Delivery
from service.mapping.expression import DELIVERY, Expression, Values, ValueTypeError, ValueWatch
from service.mapping.mapped import Dropped, UnmappableError
from service.mapping.scalar import shown


@dataclass(slots=True)
class Context:
    """One rule at work. `values`: what expressions read; `notes`: what was dropped so far."""

    values: Values
    rule: str = ""
    watch: ValueWatch | None = None
    notes: list[Dropped] = field(default_factory=list)
    # Of lookups, while one document is mapped.
    indexes: dict[tuple[Any, ...], tuple[Any, Mapping[str, Any]]] = field(default_factory=dict)
    tables: Collection[str] = ()  # the names of an export's further files

    def read(self, expression: Expression) -> Any:
        """Return the value of an expression. Raises ValueTypeError."""
        return expression.read(self.values, self.watch)

    def read_or_none(self, expression: Expression) -> Any:
        """Return the value of an expression, null when a function cannot read what it meets."""
        try:
            return self.read(expression)
        except ValueTypeError:
            return None

    def note(self, field: str, reason: str, value: object) -> None:
        """Note a value that does not leave as it came."""
        self.notes.append(Dropped(self.rule, field, reason, shown(value)))

    def unmappable(self, field: str, reason: str, value: object = None) -> UnmappableError:
        """Return the error that ends this delivery."""
        return UnmappableError(self.rule, field, reason, "" if value is None else shown(value))

    def within(self, **more: Any) -> "Context":
        """Return this context with more names; the notes are shared."""
        return Context({**self.values, **more}, self.rule, self.watch, self.notes, self.indexes, self.tables)

    def of_rule(self, rule: str) -> "Context":
        """Return this context as a rule's; the notes are shared."""
        return Context(self.values, rule, self.watch, self.notes, self.indexes, self.tables)

    def happened(self, time: int) -> "Context":
        """Return this context with `delivery.happened`, the instant of the event being made."""
        return self.within(**{DELIVERY: {**self.values[DELIVERY], "happened": written(time)}})


def values_of(delivery: Delivery, roots: Collection[str]) -> Values:
    """Return what expressions see of a delivery: the fields of its body named in `roots`, and `delivery`.

    So the work does not grow with the number of fields that nobody reads. Headers have `_` for `-` in their
    names, as expressions would need quotes for a `-`.
    """
    instant = None if delivery.instant is None else written(delivery.instant)
    of = {
        "header": {name.replace("-", "_"): value for name, value in delivery.headers.items()},
        "endpoint": delivery.endpoint,
        "instant": instant,
        "body": delivery.body,
    }
    body: Mapping[str, Any] = delivery.body if isinstance(delivery.body, dict) else {}
    return {**{root: body[root] for root in roots if root in body}, DELIVERY: of}
