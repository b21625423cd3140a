"""The OpenAPI 3.1 document of a gateway as JSON: an endpoint for each of its sources, and the pages.

How it works: the answers are those of HookAnswer and of the server, so each status and text here is one that
the code gives. Each source has its own headers, as its signature or token asks for them. OpenAPI has no word
for an HMAC: it is described in prose, and its headers are parameters.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from service.gateway.answers import HookAnswer
from service.gateway.routes import METHODS, PATH
from service.gateway.signature import (
    BODY,
    CHALLENGE,
    OF_HEADER,
    Proof,
    SharedToken,
    SignatureScheme,
    SignedTime,
)
from service.gateway.source import HookSource
from service.processes.connections import TOO_MANY, TOO_MANY_RETRY_AFTER_SECONDS, TOO_SLOW
from service.processes.http import OTHER_HOST

Json = dict[str, Any]

DESCRIPTION = """\
Takes webhooks of help desks. Each source has one endpoint, with the headers of its own signature or token.

A method that is not listed is answered 405 with the header Allow; HEAD of a page is answered as GET.
A path that is not listed is answered 404, and nothing is redirected.
In front of a meaning stands the label `outcome` that it has in the metrics."""
_TEXT = "text/plain"
_STRING: Json = {"type": "string"}


class _Answer(NamedTuple):
    """One answer. `text`: its body to the byte; None: `media` and `schema` say what it is like."""

    status: int
    meaning: str
    text: str | None = None
    headers: Mapping[str, str] = {}
    media: str = _TEXT
    schema: Json = _STRING


def _of(answer: HookAnswer) -> _Answer:
    meaning = f"`{answer.outcome}`: {answer.meaning}"
    return _Answer(answer.status, meaning, answer.text or None, answer.headers)


def _ready(status: int, meaning: str, *, takes: bool) -> _Answer:
    schema = {"type": "object", "properties": {"ready": {"const": takes}}, "required": ["ready"]}
    return _Answer(status, meaning, media="application/json", schema=schema)


_SERVER = (  # whatever is asked for
    _Answer(400, "no HTTP/1.1 request", "Invalid HTTP request received."),
    _Answer(408, "head or body took too long", TOO_SLOW),
    _Answer(503, "too many connections", TOO_MANY, {"Retry-After": str(TOO_MANY_RETRY_AFTER_SECONDS)}),
)
_HOOK = (_of(HookAnswer.FAILED), *_SERVER)
_PAGE = (_Answer(400, "the Host header names another machine", OTHER_HOST), *_SERVER)
_UNPROVED = (
    _of(HookAnswer.PUBLISHED),
    _of(HookAnswer.IRRELEVANT),
    _of(HookAnswer.DEAD),
    _of(HookAnswer.UNAUTHORISED),
    _of(HookAnswer.TOO_LARGE),
    _of(HookAnswer.UNAVAILABLE),
    _of(HookAnswer.BUSY),
    *_HOOK,
)
_ANSWERS: Mapping[str, Sequence[_Answer]] = {
    "webhook": (_of(HookAnswer.NO_SECRET), *_UNPROVED),
    "unproved": _UNPROVED,  # a webhook of a source without a secret
    "challenge": (
        _Answer(200, f"`{HookAnswer.CHALLENGED.outcome}`: the HMAC of the parameter"),
        _of(HookAnswer.WRONG_METHOD),
        _of(HookAnswer.NO_SECRET),
        *_HOOK,
    ),
    "unknown": (_of(HookAnswer.UNKNOWN), *_HOOK),
    "metrics": (_Answer(200, "Prometheus' text format"), *_PAGE),
    "livez": (_Answer(200, "the event loop turns", "alive\n"), *_PAGE),
    "readyz": (
        _ready(200, "Kafka takes records", takes=True),
        _ready(503, "Kafka takes none now", takes=False),
        *_PAGE,
    ),
}


def document(sources: Iterable[HookSource], version: str) -> str:
    """Return the document of a gateway with these sources, as JSON."""
    listed = list(sources)
    tokens = {one.endpoint: one.proof for one in listed if isinstance(one.proof, SharedToken)}
    found: Json = {
        "openapi": "3.1.0",
        "info": {"title": "sla-timer gateway", "version": version, "description": DESCRIPTION},
        "paths": {
            **{f"{PATH}{source.endpoint}": _endpoint(source) for source in listed},
            f"{PATH}{{endpoint}}": _unknown(),
            **{f"/{page}": {"get": _operation(page, page)} for page in ("metrics", "livez", "readyz")},
        },
        "components": {
            "securitySchemes": {endpoint: _scheme(token) for endpoint, token in tokens.items()},
            "responses": {
                f"{name}-{status}": _response([one for one in answers if one.status == status])
                for name, answers in _ANSWERS.items()
                for status in _statuses(answers)
            },
        },
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def _statuses(answers: Iterable[_Answer]) -> list[int]:
    return sorted({answer.status for answer in answers})


def _operation(identity: str, answers: str, **fields: Any) -> Json:
    responses = {
        str(status): {"$ref": f"#/components/responses/{answers}-{status}"}
        for status in _statuses(_ANSWERS[answers])
    }
    return {"operationId": identity, **fields, "responses": responses}


def _endpoint(source: HookSource) -> Json:
    about: Json = {
        "summary": f"A webhook of {source.endpoint}",
        "description": _proved(source.proof),
        "parameters": _parameters(source.proof),
        "requestBody": {
            "description": (
                f"At most {source.limit} bytes. The mapping {source.mapping.name} reads it. "
                "Content-Type has no effect."
            ),
            "required": True,
            "content": {"application/json": {}},
        },
    }
    if isinstance(source.proof, SharedToken):
        about["security"] = [{source.endpoint: []}]
    answers = "webhook" if source.proof else "unproved"
    operations = {
        method.lower(): _operation(f"{method.lower()}-{source.endpoint}", answers, **about)
        for method in METHODS
    }
    if source.challenge:
        operations["get"] = _operation(
            f"get-{source.endpoint}",
            "challenge",
            summary="The challenge of a product that asks whether the gateway has its secret",
            parameters=[
                _parameter(source.challenge.challenge, "query", pattern=f"^{CHALLENGE.pattern.decode()}$")
            ],
        )
    return operations


def _unknown() -> Json:
    summary = "An endpoint that no source has"
    operations = {
        method.lower(): _operation(f"{method.lower()}-unknown", "unknown", summary=summary)
        for method in METHODS
    }
    return {"parameters": [_parameter("endpoint", "path")], **operations}


def _proved(proof: Proof | None) -> str:
    if proof is None:
        return "It has no secret: it is taken on loopback only, and never with an Origin header."
    if isinstance(proof, SharedToken):
        return "A shared secret in a header."
    parts = [
        "the body as it is sent"
        if part == BODY
        else f"the header {part.removeprefix(OF_HEADER)}"
        if part.startswith(OF_HEADER)
        else f"`{part}`"
        for part in proof.signed
    ]
    before = f", with `{proof.prefix}` before it" if proof.prefix else ""
    several = f" Several may stand in it, separated by `{proof.separator}`." if proof.separator else ""
    mac = f"HMAC-{proof.algorithm.upper()} in {proof.encoding}{before}"
    return f"Signed: the header {proof.header} has {mac}, of {' + '.join(parts)}.{several}"


def _parameters(proof: Proof | None) -> list[Json]:
    """Return the headers of a signature: its own, and those that are signed."""
    if not isinstance(proof, SignatureScheme):
        return []
    signed = [part.removeprefix(OF_HEADER) for part in proof.signed if part.startswith(OF_HEADER)]
    stamp = proof.timestamp.header.lower() if proof.timestamp else None
    return [
        _parameter(proof.header, "header"),
        *(
            _instant(name, proof.timestamp)
            if proof.timestamp and name.lower() == stamp
            else _parameter(name, "header")
            for name in signed
        ),
    ]


def _instant(name: str, stamp: SignedTime) -> Json:
    age = "of any age" if stamp.tolerance is None else f"at most {stamp.tolerance / 1_000:g} s from now"
    if stamp.format == "unix":
        return _parameter(name, "header", f"Unix seconds, {age}", pattern="^[0-9]{1,12}$")
    return _parameter(name, "header", f"RFC 3339, {age}", format="date-time")


def _parameter(name: str, place: str, description: str = "", **schema: str) -> Json:
    said = {"description": description} if description else {}
    return {"name": name, "in": place, "required": True, **said, "schema": _STRING | schema}


def _scheme(token: SharedToken) -> Json:
    standard = token.header.lower() == "authorization" and token.prefix.strip().lower()
    if standard == "basic" and token.encoding == "base64":
        return {"type": "http", "scheme": "basic"}
    if standard == "bearer" and token.encoding == "text":
        return {"type": "http", "scheme": "bearer"}
    form = "the secret" if token.encoding == "text" else f"the secret in {token.encoding}"
    before = f"`{token.prefix}` and " if token.prefix else ""
    return {"type": "apiKey", "in": "header", "name": token.header, "description": f"It is {before}{form}."}


def _response(answers: Sequence[_Answer]) -> Json:
    """Return the response of a status, which may have several answers."""
    meanings = [answer.meaning for answer in answers]
    found: Json = {
        "description": meanings[0] if len(meanings) == 1 else "\n".join(f"* {one}" for one in meanings)
    }
    names = sorted({name for answer in answers for name in answer.headers})
    if names:
        found["headers"] = {name: _header(name, answers) for name in names}
    contents: dict[str, list[Json]] = {}
    for answer in answers:
        if answer.status != HTTPStatus.NO_CONTENT:
            schema = answer.schema if answer.text is None else {"const": answer.text}
            contents.setdefault(answer.media, []).append(schema)
    if contents:
        found["content"] = {
            media: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}
            for media, schemas in contents.items()
        }
    return found


def _header(name: str, answers: Sequence[_Answer]) -> Json:
    """Return a header, which is required when every answer of the status has it."""
    values = list(dict.fromkeys(answer.headers[name] for answer in answers if name in answer.headers))
    always = all(name in answer.headers for answer in answers)
    return {"required": always, "schema": {"type": "string", "enum": values}}
