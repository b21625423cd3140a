"""The answers of the gateway, a closed list. Products treat each status differently: see the reference."""

from enum import Enum
from http import HTTPStatus

RETRY_AFTER_SECONDS = 5  # below a minute: Zendesk retries no 503 that asks for more


class HookAnswer(Enum):
    """What became of a request: its status and its text. The name is the outcome in metrics.

    No redirect: products drop the body then. No 500: they do not retry it. No 410: it ends hooks.
    """

    PUBLISHED = (HTTPStatus.NO_CONTENT, "published")
    IRRELEVANT = (HTTPStatus.NO_CONTENT, "no rule fits")
    CHALLENGED = (HTTPStatus.OK, "the answer to a challenge")
    DEAD = (HTTPStatus.ACCEPTED, "kept as a dead letter: it cannot be mapped")
    UNAUTHORISED = (HTTPStatus.UNAUTHORIZED, "not proved to be of this source")
    UNKNOWN = (HTTPStatus.NOT_FOUND, "no such endpoint")
    WRONG_METHOD = (HTTPStatus.METHOD_NOT_ALLOWED, "send it with POST, PUT or PATCH")
    TOO_LARGE = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "larger than this source may send")
    UNAVAILABLE = (HTTPStatus.SERVICE_UNAVAILABLE, "not taken now; send it again")
    BUSY = (HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once; send it again")
    NO_SECRET = (HTTPStatus.SERVICE_UNAVAILABLE, "cannot be verified now; send it again")
    FAILED = (HTTPStatus.SERVICE_UNAVAILABLE, "failed here; send it again")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.value[0])

    @property
    def text(self) -> str:
        """The line for whoever reads the log of the product; a 204 has none."""
        return "" if self.status == HTTPStatus.NO_CONTENT else f"{self.value[1]}\n"

    @property
    def outcome(self) -> str:
        """The name in metrics."""
        return self.name.lower()

    @property
    def headers(self) -> dict[str, str]:
        """Headers that belong to the status."""
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return {"Retry-After": str(RETRY_AFTER_SECONDS)}
        if self is HookAnswer.UNAUTHORISED:
            return {"WWW-Authenticate": "Signature"}
        return {"Allow": "POST, PUT, PATCH"} if self is HookAnswer.WRONG_METHOD else {}
