"""A source: one endpoint of the gateway, and what is known of the help desk that calls it."""

from collections.abc import Collection
from dataclasses import dataclass

from service.gateway.secret_file import SecretFile
from service.gateway.signature import Proof, SignatureScheme
from service.mapping.mapping import Mapping as DeskMapping

DEFAULT_LIMIT_BYTES = 1024 * 1024
MOST_BYTES = 32 * 1024 * 1024
DEFAULT_QUIET_MS = 24 * 3_600_000
# Headers in which products name a delivery. The name is for the log, it is no identity of an event.
DELIVERY_IDS = (
    "x-zammad-delivery",
    "x-zendesk-webhook-invocation-id",
    "x-atlassian-webhook-identifier",
    "webhook-id",
    "idempotency-key",
    "x-gitlab-event-uuid",
    "x-chatwoot-delivery",
    "x-request-id",
)


@dataclass(frozen=True, slots=True)
class HookSource:
    """One endpoint. `tenant` is given to events for which the mapping names none."""

    endpoint: str
    mapping: DeskMapping
    tenant: str
    proof: Proof | None = None  # None: on loopback only
    secrets: tuple[SecretFile, ...] = ()
    limit: int = DEFAULT_LIMIT_BYTES  # bytes of a body
    quiet_after: int = DEFAULT_QUIET_MS  # without a delivery for so long (ms), something is wrong
    delivery_ids: Collection[str] = DELIVERY_IDS

    @property
    def proofs(self) -> Collection[str]:
        """The headers that prove who sent a delivery."""
        return self.proof.proofs if self.proof else ()

    @property
    def challenge(self) -> SignatureScheme | None:
        """The scheme whose challenges are answered; None: there is none."""
        asked = isinstance(self.proof, SignatureScheme) and self.proof.challenge
        return self.proof if asked and isinstance(self.proof, SignatureScheme) else None

    def keys(self) -> list[bytes]:
        """Return the keys that are valid now. Raises RefusalError when a file cannot be read."""
        return [secret.key() for secret in self.secrets]
