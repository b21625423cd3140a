"""A mapping: a pure function from what a help desk sends to events of the contract.

How it works: the rules for deliveries are tried in the order of the file, and every rule that fits makes its
events. A history is told as deliveries, so it goes through the same rules. Nothing here reads a clock, a file
or the network, and nothing is remembered from one delivery to the next.

What must never happen: an event leaves that the service's own decoder refuses; one delivery gives two events
of one id with different contents; a message quotes the body.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from schemas.envelope import DEFAULT_TENANT
from service.mapping.context import Context, values_of
from service.mapping.delivery import Delivery
from service.mapping.expression import Expression, ValueTypeError, ValueWatch
from service.mapping.history import Telling
from service.mapping.mapped import Event, Mapped, UnmappableError
from service.mapping.rule import Rule
from service.mapping.scalar import text_of
from service.mapping.value import Source


@dataclass(frozen=True, slots=True)
class Located:
    """An expression, and its place in the file."""

    expression: Expression
    line: int
    field: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file, read and checked."""

    name: str
    source: str  # the CloudEvents `source` of all its events
    digest: str  # sha256 of the canonical JSON of the file's content, as of policies
    rules: Sequence[Rule]
    tellings: Sequence[Telling] = ()
    tenant: Source | None = None
    expressions: Sequence[Located] = ()
    roots: frozenset[str] = frozenset()  # the names that its expressions read from the top
    takes_any_body: bool = False  # an expression reads `delivery.body`: the body need not be an object

    def of_delivery(
        self, delivery: Delivery, *, tenant: str = DEFAULT_TENANT, watch: ValueWatch | None = None
    ) -> Mapped:
        """Return the events of one delivery; none and no error: it is irrelevant.

        `tenant`: of the events, unless the mapping names a field. Raises UnmappableError: a rule is for the
        delivery, but cannot make its event.
        """
        if not isinstance(delivery.body, dict) and not self.takes_any_body:
            raise UnmappableError("", "body", "is no object")
        context = Context(values_of(delivery, self.roots), watch=watch)
        events: dict[str, Event] = {}
        fired: dict[str, None] = {}
        for rule in self.rules:
            for within in rule.contexts(context):
                for event_rule in rule.event_rules:
                    event = event_rule.event(within, self.source, self._tenant(within, tenant))
                    if event is None:
                        continue
                    fired[rule.name] = None
                    if events.setdefault(event["id"], event) != event:
                        raise within.unmappable("id", "is the same for two different events of the delivery")
        return Mapped(tuple(events.values()), tuple(dict.fromkeys(context.notes)), fired=tuple(fired))

    def of_history(
        self, document: object, *, tenant: str = DEFAULT_TENANT, watch: ValueWatch | None = None
    ) -> Iterator[Mapped]:
        """Yield what each part of a help desk's history gives, in the order of the file's sources.

        A part that gives neither events nor a problem is left out.
        """
        told = Delivery(document)
        for telling in self.tellings:
            context = Context(values_of(told, self.roots), watch=watch)
            for place, found in telling.deliveries(context):
                mapped = self._of_part(found, tenant, watch)
                if mapped.events or mapped.dropped or mapped.problem:
                    yield replace(mapped, place=place)

    def _of_part(self, found: Delivery | UnmappableError, tenant: str, watch: ValueWatch | None) -> Mapped:
        if isinstance(found, UnmappableError):
            return Mapped(problem=found)
        try:
            return self.of_delivery(found, tenant=tenant, watch=watch)
        except UnmappableError as error:
            return Mapped(problem=error)

    def _tenant(self, context: Context, tenant: str) -> str:
        if self.tenant is None:
            return tenant
        try:
            text = text_of(self.tenant.value("tenant", context))
        except ValueTypeError as error:
            raise context.unmappable("tenant", str(error)) from None
        if not text:
            raise context.unmappable("tenant", "is missing")
        return text
