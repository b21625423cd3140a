"""The tenant of events: the caller's, unless the mapping names a field."""

from dataclasses import dataclass

from service.mapping.context import Context
from service.mapping.scalar import text_of
from service.mapping.value import Source


@dataclass(frozen=True, slots=True)
class TenantSource:
    """Where the tenant comes from."""

    source: Source | None
    tenant: str  # when the mapping names none

    def read(self, context: Context) -> str:
        """Return the tenant. Raises UnmappableError when the mapping's field has none."""
        if self.source is None:
            return self.tenant
        text = text_of(self.source.value("tenant", context))
        if not text:
            raise context.unmappable("tenant", "is missing")
        return text
