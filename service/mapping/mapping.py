"""A mapping: a pure function from what a help desk sends to events of the contract.

How it works: the rules for deliveries are tried in the order of the file, and every rule that fits makes its
events. A history is told as deliveries, so it goes through the same rules. Nothing here reads a clock, a file
or the network, and nothing is remembered from one delivery to the next.

What must never happen: an event leaves that the service's own decoder refuses; one delivery gives two events
of one id with different contents; a message quotes the body.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace

from schemas.envelope import DEFAULT_TENANT
from service.errors import RefusalError
from service.mapping.context import Context, values_of
from service.mapping.delivery import Delivery
from service.mapping.export import Export, Exported
from service.mapping.expression import ValueWatch
from service.mapping.history import Telling
from service.mapping.located import Located
from service.mapping.mapped import Event, Mapped, UnmappableError
from service.mapping.rule import Rule
from service.mapping.table import Table
from service.mapping.tenant import TenantSource
from service.mapping.value import Source

_NO_FILES: Dict[str, Table] = {}


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file, read and checked."""

    name: str
    source: str  # the CloudEvents `source` of all its events
    digest: str  # sha256 of the canonical JSON of the file's content, as of policies
    rules: Sequence[Rule]
    tellings: Sequence[Telling] = ()
    export: Export | None = None
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
        tenants = TenantSource(self.tenant, tenant)
        events: dict[str, Event] = {}
        fired: dict[str, None] = {}
        for rule in self.rules:
            for within in rule.contexts(context):
                for event_rule in rule.event_rules:
                    event = event_rule.event(within, self.source, tenants.read(within))
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

    def of_rows(
        self,
        table: Table,
        files: Dict[str, Table] = _NO_FILES,
        *,
        tenant: str = DEFAULT_TENANT,
        watch: ValueWatch | None = None,
    ) -> Exported:
        """Return what an export gives. `files`: the further tables, by the names of the mapping.

        Raises RefusalError: the mapping has no rows, or a table or a column is missing.
        """
        if self.export is None:
            raise RefusalError(f"the mapping {self.name} has no rows: it cannot read an export")
        for name in self.export.files:
            if name not in files:
                raise RefusalError(f"the mapping {self.name} joins the file {name}, which is not given")
        return self.export.read(self.source, TenantSource(self.tenant, tenant), table, files, watch)

    def _of_part(self, found: Delivery | UnmappableError, tenant: str, watch: ValueWatch | None) -> Mapped:
        if isinstance(found, UnmappableError):
            return Mapped(problem=found)
        try:
            return self.of_delivery(found, tenant=tenant, watch=watch)
        except UnmappableError as error:
            return Mapped(problem=error)
