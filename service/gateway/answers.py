"""The answers of the gateway, a closed list. Products treat each status differently: see the reference."""

from enum import Enum
from http import HTTPStatus

RETRY_AFTER_SECONDS = 5  # below a minute: Zendesk retries no 503 that asks for more


class HookAnswer(Enum):
    """What became of a request: the outcome in metrics, the status, and a text.

    No redirect: products drop the body then. No 500: they do not retry it. No 410: it ends hooks.
    """

    PUBLISHED = ("published", HTTPStatus.NO_CONTENT, "Kafka has acknowledged every event")
    IRRELEVANT = ("irrelevant", HTTPStatus.NO_CONTENT, "no rule fits")
    CHALLENGED = ("challenged", HTTPStatus.OK, "the answer to a challenge")
    DEAD = ("dead", HTTPStatus.ACCEPTED, "kept as a dead letter: it cannot be mapped")
    UNAUTHORISED = ("unauthorised", HTTPStatus.UNAUTHORIZED, "not proved to be of this source")
    UNKNOWN = ("unknown", HTTPStatus.NOT_FOUND, "no such endpoint")
    WRONG_METHOD = ("wrong_method", HTTPStatus.METHOD_NOT_ALLOWED, "send it with POST, PUT or PATCH")
    TOO_LARGE = ("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "larger than this source may send")
    UNAVAILABLE = ("unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "not taken now; send it again")
    BUSY = ("busy", HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once; send it again")
    NO_SECRET = ("no_secret", HTTPStatus.SERVICE_UNAVAILABLE, "cannot be verified now; send it again")
    FAILED = ("failed", HTTPStatus.SERVICE_UNAVAILABLE, "failed here; send it again")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.value[1])

    @property
    def meaning(self) -> str:
        """What it says, in words."""
        return self.value[2]

    @property
    def text(self) -> str:
        """The line for whoever reads the log of the product; a 204 has none."""
        return "" if self.status == HTTPStatus.NO_CONTENT else f"{self.meaning}\n"

    @property
    def outcome(self) -> str:
        """The name in metrics."""
        return self.value[0]

    @property
    def headers(self) -> dict[str, str]:
        """Headers that belong to the status."""
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return {"Retry-After": str(RETRY_AFTER_SECONDS)}
        if self is HookAnswer.UNAUTHORISED:
            return {"WWW-Authenticate": "Signature"}
        return {"Allow": "POST, PUT, PATCH"} if self is HookAnswer.WRONG_METHOD else {}
