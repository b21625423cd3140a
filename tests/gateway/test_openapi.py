"""The OpenAPI document against the gateway: each answer in it is given, and each answer given is in it."""

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPResponse
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.cli.program import sla_timer
from service.gateway.answers import HookAnswer
from service.gateway.routes import MOST_AT_ONCE, Hooks
from service.gateway.secret_file import SecretFile
from service.gateway.signature import SharedToken
from service.gateway.source import HookSource
from service.mapping.mapping_file import read_mapping
from service.processes.connections import BODY_WITHIN_SECONDS
from service.processes.gateway import _metrics, application
from service.processes.openapi import document
from service.settings import read_settings
from tests.app.test_connections import ENDLESS, FEW, HALF_BODY, MOST, WHOLE, site
from tests.gateway.configured import MAPPINGS, write
from tests.gateway.fake_log import FakeLog
from tests.gateway.house import NOW, Told
from tests.gateway.samples import samples
from tests.gateway.schemes import SCHEMES, sent_headers

LIMIT = 64 * 1024
RECEIVED = next(samples("zammad"))
SETTINGS = read_settings({"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092"})
BY_ENDPOINT = {re.sub(r"\W+", "-", name): scheme for name, scheme in SCHEMES.items()}
HOOKS = [*BY_ENDPOINT, "bare"]
METHODS = ("POST", "PUT", "PATCH")


class BrokenObserver(Told):
    """An observer with an error of its own."""

    def answered(self, source: str, outcome: str) -> None:
        """See DeliveryObserver."""
        raise ZeroDivisionError


class Gateway:
    """The whole application over a log in memory: a source for each way of signing, and one without."""

    def __init__(self, folder: Path) -> None:
        mapping = read_mapping(MAPPINGS / "zammad.yaml")
        bare = HookSource("bare", mapping, "default", limit=LIMIT)
        self.sources = {"bare": bare}
        for endpoint, scheme in BY_ENDPOINT.items():
            secret = folder / f"{endpoint}.secret"
            secret.write_text(scheme.secret)
            files = (SecretFile(secret, scheme.proof.key_encoding),)
            self.sources[endpoint] = replace(bare, endpoint=endpoint, proof=scheme.proof, secrets=files)
        self.folder, self.log, self.metrics = folder, FakeLog(), _metrics(SETTINGS, self.sources.values())
        self.document: Any = json.loads(document(self.sources.values(), "1.2.3"))

    async def send(
        self, path: str, method: str, body: bytes = b"", headers: dict[str, str] | None = None, **odd: Any
    ) -> httpx.Response:
        """One request. `odd`: what is not as usual with the gateway."""
        observer = odd.get("observer", Told())
        most = odd.get("most_at_once", MOST_AT_ONCE)
        hooks = Hooks(
            self.sources, self.log, observer, now=lambda: NOW, seconds=lambda: 0.0, most_at_once=most
        )
        app = application(hooks, self.log, self.metrics, "127.0.0.1")
        self.log.away = odd.get("away", False)
        host = odd.get("host", "127.0.0.1")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{host}") as client:
            lines = {name: value.encode("latin-1") for name, value in (headers or {}).items()}
            return await client.request(method, path, content=body, headers=lines)

    def signed(self, endpoint: str, body: bytes) -> dict[str, str]:
        """The headers of a delivery."""
        scheme = BY_ENDPOINT.get(endpoint)
        return RECEIVED.headers | (sent_headers(scheme, body, NOW) if scheme else {})

    async def of_webhooks(self, endpoint: str, method: str) -> AsyncIterator[httpx.Response]:
        """Answers to webhooks: one for each thing that can come of one."""
        path, body = f"/hooks/{endpoint}", RECEIVED.body
        headers = self.signed(endpoint, body)
        yield await self.send(path, method, body, headers)
        yield await self.send(path, method, b"{", self.signed(endpoint, b"{"))
        yield await self.send(path, method, body, {"Origin": "https://somewhere.example"})
        yield await self.send(path, method, b" " * (LIMIT + 1))
        yield await self.send(path, method, body, headers, away=True)
        yield await self.send(path, method, body, headers, most_at_once=0)
        yield await self.send(path, method, body, headers, observer=BrokenObserver())
        if endpoint in BY_ENDPOINT:
            with self.without_secret(endpoint):
                yield await self.send(path, method, body, headers)

    async def of_challenges(self, endpoint: str) -> AsyncIterator[httpx.Response]:
        """Answers to challenges of GLPI."""
        asked = hmac.new(BY_ENDPOINT[endpoint].by, b"x", hashlib.sha256).hexdigest()
        path = f"/hooks/{endpoint}?crc_token={asked}"
        yield await self.send(path, "GET")
        yield await self.send(path[:-1], "GET")
        yield await self.send(path, "GET", observer=BrokenObserver())
        with self.without_secret(endpoint):
            yield await self.send(path, "GET")

    async def of_pages(self, page: str) -> AsyncIterator[httpx.Response]:
        """Answers of a page."""
        yield await self.send(page, "GET")
        yield await self.send(page, "GET", host="somewhere.example")
        if page == "/readyz":
            yield await self.send(page, "GET", away=True)

    async def of_operation(self, path: str, method: str) -> AsyncIterator[httpx.Response]:
        """Answers to an operation of the document."""
        endpoint = path.removeprefix("/hooks/")
        if endpoint == "{endpoint}":
            yield await self.send("/hooks/nobody", method)
            yield await self.send("/hooks/nobody", method, observer=BrokenObserver())
            return
        answers = (
            self.of_pages(path)
            if endpoint == path
            else self.of_challenges(endpoint)
            if method == "GET"
            else self.of_webhooks(endpoint, method)
        )
        async for answer in answers:
            yield answer

    @contextmanager
    def without_secret(self, endpoint: str) -> Iterator[None]:
        """Its file is gone meanwhile."""
        path = self.folder / f"{endpoint}.secret"
        path.unlink()
        yield
        path.write_text(BY_ENDPOINT[endpoint].secret)

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Path, method and responses of each operation of the document."""
        for path, item in self.document["paths"].items():
            for method in item.keys() - {"parameters"}:
                yield (
                    path,
                    method.upper(),
                    {status: self.referred(one) for status, one in item[method]["responses"].items()},
                )

    def referred(self, response: dict[str, str]) -> dict[str, Any]:
        """What a reference leads to."""
        found: Any = self.document
        for step in response["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found


Said = tuple[str, str]  # a status, and a text or a type of content


def documented(responses: dict[str, Any]) -> set[Said]:
    """Every text that the responses of an operation name, one by one."""
    found: set[Said] = set()
    for status, response in responses.items():
        contents = response.get("content", {})
        if not contents:
            found.add((status, ""))
        for media, content in contents.items():
            for schema in content["schema"].get("anyOf", [content["schema"]]):
                found.add((status, schema.get("const", media)))
    return found


OF_THE_SERVER = {
    ("400", "Invalid HTTP request received."),
    ("408", "the request did not come in time\n"),
    ("503", "too many connections\n"),
}


def said(responses: dict[str, Any], answer: httpx.Response) -> Said:
    """What the document says of an answer. Fails when it does not fit."""
    status = str(answer.status_code)
    assert status in responses
    response = responses[status]
    for name, header in response.get("headers", {}).items():
        assert name in answer.headers or not header["required"]
        assert answer.headers.get(name, header["schema"]["enum"][0]) in header["schema"]["enum"]
    assert {"retry-after", "allow", "www-authenticate"} & answer.headers.keys() <= {
        name.lower() for name in response.get("headers", {})
    }
    contents = response.get("content", {})
    if not contents:
        assert answer.content == b""
        return status, ""
    media = answer.headers["content-type"].partition(";")[0]
    value = answer.json() if media == "application/json" else answer.text
    Draft202012Validator(contents[media]["schema"]).validate(value)
    named = {text for other, text in documented(responses) if other == status}
    return status, answer.text if answer.text in named else media


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    return Gateway(tmp_path_factory.mktemp("gateway"))


def test_it_is_a_sound_openapi_document(gateway: Gateway) -> None:
    assert list(OpenAPIV31SpecValidator(gateway.document).iter_errors()) == []


def test_every_outcome_of_the_gateway_is_in_it(gateway: Gateway) -> None:
    text = json.dumps(gateway.document["components"]["responses"])
    assert [one.outcome for one in HookAnswer if f"`{one.outcome}`" not in text] == []


async def test_each_answer_in_it_is_given_and_each_answer_given_is_in_it(gateway: Gateway) -> None:
    operations = list(gateway.operations())
    assert len(operations) == len(HOOKS) * 3 + 1 + 3 + 3  # webhooks, GLPI's challenge, unknown, pages
    for path, method, responses in operations:
        given = {said(responses, answer) async for answer in gateway.of_operation(path, method)}
        assert given == documented(responses) - OF_THE_SERVER, (path, method)


async def test_each_answer_of_the_server_is_given_and_stands_at_each_operation(gateway: Gateway) -> None:
    given = []
    async with site() as here:
        given.append(await (await here.connect(b"GET / HTTP/1.1\r\nHost\r\n\r\n")).end())
        slow = await here.connect(HALF_BODY)
        await (await here.connect(WHOLE)).hears(b"alive")  # so what was sent before has come
        here.later(BODY_WITHIN_SECONDS)
        given.append(await slow.end())
    async with site(FEW) as here:
        for _ in range(MOST):
            await (await here.connect(ENDLESS)).hears(b"on and on")
        given.append(await (await here.connect()).end())
    for _, _, responses in gateway.operations():
        assert {said(responses, received(raw)) for raw in given} == OF_THE_SERVER


class Received(BytesIO):
    """What came over a connection, as a socket to read it from."""

    def makefile(self, _: str) -> BytesIO:
        return self


def received(raw: bytes) -> httpx.Response:
    """The answer in the bytes that came."""
    answer = HTTPResponse(Received(raw))
    answer.begin()
    text = answer.read()
    return httpx.Response(answer.status, headers=answer.getheaders(), content=text)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_what_is_not_listed_is_answered_as_the_description_says(gateway: Gateway, method: str) -> None:
    listed = {(path, verb) for path, verb, _ in gateway.operations()}
    paths = {path for path, _ in listed} - {"/hooks/{endpoint}"}
    for path in paths:
        if (path, method) not in listed:
            answer = await gateway.send(path, method)
            if method == "HEAD" and not path.startswith("/hooks/"):
                assert answer.status_code == 200
            else:
                assert (answer.status_code, "allow" in answer.headers) == (405, True)
    for path in ("/", "/hooks", "/hooks/", "/hooks/nobody", "/openapi.json", "/livez/"):
        assert (await gateway.send(path, method)).status_code == 404


@pytest.mark.hypothesis
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    endpoint=st.sampled_from(HOOKS),
    method=st.sampled_from(METHODS),
    body=st.binary(max_size=64) | st.sampled_from([one.body for one in samples("zammad")]),
    headers=st.dictionaries(
        st.sampled_from(
            ["Origin", "X-Zammad-Trigger", "X-Hub-Signature", "webhook-timestamp", "Authorization"]
        ),
        st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_categories=["Cc"]), max_size=9),
    ),
    proved=st.booleans(),
)
def test_whatever_is_sent_the_answer_is_in_the_document(
    gateway: Gateway, endpoint: str, method: str, body: bytes, headers: dict[str, str], proved: bool
) -> None:
    path = f"/hooks/{endpoint}"
    sent = headers | (gateway.signed(endpoint, body) if proved else {})
    answer = asyncio.run(gateway.send(path, method, body, sent))
    said(next(at for one, verb, at in gateway.operations() if (one, verb) == (path, method)), answer)


@pytest.mark.parametrize("endpoint", HOOKS)
async def test_without_a_demanded_header_a_delivery_is_refused(gateway: Gateway, endpoint: str) -> None:
    operation = gateway.document["paths"][f"/hooks/{endpoint}"]["post"]
    demanded = [one["name"] for one in operation["parameters"] if one["in"] == "header"]
    schemes = gateway.document["components"]["securitySchemes"]
    for names in operation.get("security", []):
        demanded += [schemes[name].get("name", "Authorization") for name in names]
    headers = gateway.signed(endpoint, RECEIVED.body)
    assert sorted(demanded) == sorted(headers.keys() - RECEIVED.headers.keys())
    for name in demanded:
        left = {other: value for other, value in headers.items() if other != name}
        assert len(left) == len(headers) - 1
        assert (await gateway.send(f"/hooks/{endpoint}", "POST", RECEIVED.body, left)).status_code == 401


HOW_SIGNED = {
    "zammad": (
        "Signed: the header X-Hub-Signature has HMAC-SHA1 in hex, with `sha1=` before it, "
        "of the body as it is sent."
    ),
    "standard-webhooks": (
        "Signed: the header webhook-signature has HMAC-SHA256 in base64, with `v1,` before it, "
        "of the header webhook-id + `.` + the header webhook-timestamp + `.` + the body as it is sent. "
        "Several may stand in it, separated by ` `."
    ),
    "glpi": (
        "Signed: the header X-GLPI-signature has HMAC-SHA256 in hex, "
        "of the body as it is sent + the header X-GLPI-timestamp."
    ),
}


@pytest.mark.parametrize("endpoint", HOW_SIGNED)
def test_how_a_delivery_is_signed_is_said_in_words(gateway: Gateway, endpoint: str) -> None:
    assert gateway.document["paths"][f"/hooks/{endpoint}"]["post"]["description"] == HOW_SIGNED[endpoint]


@pytest.mark.parametrize(
    ("token", "scheme"),
    [
        (SharedToken("Authorization", "Basic ", "base64"), {"type": "http", "scheme": "basic"}),
        (SharedToken("authorization", "Bearer "), {"type": "http", "scheme": "bearer"}),
        (SharedToken("Authorization", "Basic "), {"type": "apiKey", "name": "Authorization"}),
        (SharedToken("Authorization"), {"type": "apiKey", "name": "Authorization"}),
        (SharedToken("X-Token"), {"type": "apiKey", "name": "X-Token", "description": "It is the secret."}),
        (
            SharedToken("X-Token", "t ", "base64"),
            {"type": "apiKey", "description": "It is `t ` and the secret in base64."},
        ),
    ],
)
def test_a_shared_token_is_a_security_scheme(
    gateway: Gateway, token: SharedToken, scheme: dict[str, str]
) -> None:
    source = replace(gateway.sources["bare"], proof=token)
    found = json.loads(document([source], "1"))
    assert scheme.items() <= found["components"]["securitySchemes"]["bare"].items()
    assert found["paths"]["/hooks/bare"]["post"]["security"] == [{"bare": []}]


def test_the_command_prints_it_without_reading_a_secret(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "zammad.secret").unlink()
    ran = CliRunner().invoke(sla_timer, ["gateway", "openapi", "--sources", str(path)])
    assert ran.exit_code == 0
    assert {"/hooks/zammad", "/hooks/glpi-ticket", "/livez"} <= json.loads(ran.stdout)["paths"].keys()
    assert "made-up" not in ran.stdout
