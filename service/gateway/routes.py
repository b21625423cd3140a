"""The HTTP routes of the gateway: one endpoint for each source.

How it works: a request is counted, its body is read up to the source's limit, its proof is verified over the
raw bytes, it is mapped, and its events are published. The answer comes only after Kafka has acknowledged
every event, or the dead letter. All that is slow is awaited; nothing is kept after the answer.

What must never happen:
* a 2xx for a delivery of which an event, or the dead letter, is not in Kafka;
* anything published of a delivery that is not verified;
* a redirect, a 500 or a 410: see HookAnswer;
* a value of a body, a header or a query in the log.
"""

import logging
import re
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from service.errors import RefusalError, UnavailableError
from service.gateway.answers import HookAnswer
from service.gateway.body import BodyTooLargeError, read_body
from service.gateway.dead_letter import DeadLetter, record_of
from service.gateway.headers import HeaderLines, header_lines, only, plain_headers
from service.gateway.intake import Publishable, Unmappable, take
from service.gateway.port import DeliveryObserver, EventLog
from service.gateway.signature import Unauthorised, answer_to_challenge, verify
from service.gateway.source import HookSource
from service.telemetry.logs import Rate

MOST_AT_ONCE = 64  # requests under way; with the largest bodies of the default limit that is 64 MiB
PATH = "/hooks/"
METHODS = ("POST", "PUT", "PATCH")
_SAFE_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}")

# Loggers of their own, as a flood of forged requests must neither flood the log nor hide other lines.
log, forged, told = (logging.getLogger(f"{__name__}{part}") for part in ("", ".forged", ".told"))
for one in (log, forged, told):
    one.addFilter(Rate(most=60))


class Hooks:
    """The ASGI application of the endpoints. `now`: the wall clock, ms. `seconds`: a clock that measures."""

    def __init__(
        self,
        sources: Mapping[str, HookSource],
        events: EventLog,
        observer: DeliveryObserver,
        *,
        now: Callable[[], int],
        seconds: Callable[[], float],
        most_at_once: int = MOST_AT_ONCE,
    ) -> None:
        self.under_way = 0
        self._sources, self._events, self._observer = sources, events, observer
        self._now, self._seconds = now, seconds
        self._most = most_at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. See ASGI."""
        request = Request(scope, receive)
        await (await self._respond(request))(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        source = self._sources.get(str(request.scope["path"]).removeprefix(PATH))
        if source is None:
            return self._answer("", HookAnswer.UNKNOWN)
        if request.method == "GET" and source.challenge:
            return self._challenged(source, request)
        if request.method not in METHODS:
            return self._answer(source.endpoint, HookAnswer.WRONG_METHOD)
        if self.under_way >= self._most:
            return self._answer(source.endpoint, HookAnswer.BUSY)
        self.under_way += 1
        try:
            return self._answer(source.endpoint, await self._received(source, request))
        finally:
            self.under_way -= 1

    async def _received(self, source: HookSource, request: Request) -> HookAnswer:
        headers = header_lines(request.scope["headers"])
        named = _delivery(source, headers)
        try:
            body = await read_body(request.stream(), request.headers, source.limit)
        except BodyTooLargeError:
            log.warning("%s: delivery %s is larger than %d bytes", source.endpoint, named, source.limit)
            return HookAnswer.TOO_LARGE
        try:
            why = self._unproved(source, headers, body)
        except RefusalError as error:
            log.warning("%s: delivery %s cannot be verified: %s", source.endpoint, named, error)
            return HookAnswer.NO_SECRET
        if why:
            self._observer.unauthorised(source.endpoint, why.value)
            forged.warning("%s: delivery %s is refused: %s", source.endpoint, named, why.value)
            return HookAnswer.UNAUTHORISED
        now = self._now()
        self._observer.verified(source.endpoint, now)
        plain = plain_headers(headers, source.proofs)
        taken = take(source, body, plain, now, now)
        try:
            if isinstance(taken, Unmappable):
                return await self._bury(source, _letter(source, now, named, taken, plain, body))
            return await self._publish(source, named, taken)
        except UnavailableError as error:
            log.warning("%s: delivery %s is not taken: %s", source.endpoint, named, error)
            return HookAnswer.UNAVAILABLE

    def _unproved(self, source: HookSource, headers: HeaderLines, body: bytes) -> Unauthorised | None:
        """Return why a delivery proves nothing. Raises RefusalError when a secret cannot be read."""
        if source.proof is None:  # on loopback: any page in a browser of this machine could send it
            return Unauthorised.FROM_A_BROWSER if "origin" in headers else None
        return verify(source.proof, source.keys(), headers, body, self._now())

    async def _publish(self, source: HookSource, named: str, taken: Publishable) -> HookAnswer:
        if taken.events:
            began = self._seconds()
            await self._events.publish(taken.events)
            self._observer.published(source.endpoint, taken.events, self._now(), self._seconds() - began)
        self._tell(source, named, taken)
        return HookAnswer.PUBLISHED if taken.events else HookAnswer.IRRELEVANT

    async def _bury(self, source: HookSource, letter: DeadLetter) -> HookAnswer:
        await self._events.bury(*record_of(letter))
        self._observer.buried(source.endpoint, letter.why.reason)
        log.warning(
            "%s: delivery %s is a dead letter: %s: %s",
            source.endpoint,
            letter.delivery or "-",
            letter.why.reason,
            letter.why.detail,
        )
        return HookAnswer.DEAD

    def _tell(self, source: HookSource, named: str, taken: Publishable) -> None:
        """Tell what was dropped or made fit: its field and the reason, not its text."""
        fields = [*(one.field for one in taken.dropped), *(one.field for one in taken.fitted)]
        self._observer.dropped(source.endpoint, fields)
        for one in taken.dropped:
            told.info("%s: delivery %s: %s: %s", source.endpoint, named, one.field, one.reason)
        for code in taken.fitted:
            told.info("%s: delivery %s: %s: %s", source.endpoint, named, code.field, code.fitting.value)

    def _challenged(self, source: HookSource, request: Request) -> Response:
        scheme = source.challenge
        assert scheme, "asked for before"
        asked = request.query_params.get(scheme.challenge)
        try:
            said = None if asked is None else answer_to_challenge(scheme, source.keys()[0], asked)
        except RefusalError as error:
            log.warning("%s: a challenge cannot be answered: %s", source.endpoint, error)
            return self._answer(source.endpoint, HookAnswer.NO_SECRET)
        if said is None:
            return self._answer(source.endpoint, HookAnswer.WRONG_METHOD)
        self._observer.answered(source.endpoint, HookAnswer.CHALLENGED.outcome)
        return PlainTextResponse(said)

    def _answer(self, endpoint: str, answer: HookAnswer) -> Response:
        self._observer.answered(endpoint, answer.outcome)
        return response(answer)


def response(answer: HookAnswer) -> Response:
    """Return the HTTP response for an answer."""
    if not answer.text:
        return Response(status_code=answer.status, headers=answer.headers)
    return PlainTextResponse(answer.text, answer.status, answer.headers)


def _delivery(source: HookSource, headers: HeaderLines) -> str:
    """Return what the product calls a delivery, for the log; `-`: nothing that may stand there."""
    for name in source.delivery_ids:
        said = (only(headers, name) or b"").decode("latin-1")
        if _SAFE_NAME.fullmatch(said):
            return said
    return "-"


def _letter(
    source: HookSource, now: int, named: str, why: Unmappable, headers: Mapping[str, str], body: bytes
) -> DeadLetter:
    return DeadLetter(
        source.endpoint, now, named, why, source.mapping.name, source.mapping.digest, headers, body
    )
