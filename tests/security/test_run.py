"""Event in, breach out with the least privileges, by both doors; what is secret or personal stays inside."""

import asyncio
import base64
from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaProducer

from schemas.topics import BREACHES, CLOCKS, DESKS, POLICIES, REJECTED, TICKETS
from service.clock import now_ms
from service.kafka.codec.record import Record
from tests.broker.log import read
from tests.security import personal
from tests.security.broker import KEY_PASSWORD, PASSWORD, SecuredBroker
from tests.security.conftest import topics_of
from tests.security.process import started, talkative
from tests.security.table import granted

pytestmark = pytest.mark.broker

TOKEN = "token-for-the-pages"
PATHS = ("/metrics", "/readyz", "/livez", "/startupz", "/asyncapi.json")
TOLD_WITHIN = 60.0  # seconds
OUTPUTS = (BREACHES, CLOCKS, TICKETS, DESKS, POLICIES)


@dataclass(frozen=True)
class Run:
    """What is left of a run."""

    code: int
    log: str
    library_log: str
    pages: dict[str, str]
    records: dict[str, list[Record]]  # by topic, without prefix


@pytest.fixture(scope="module", params=["scram", "mtls"])
def run(
    request: pytest.FixtureRequest, secured: SecuredBroker, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """A service that was sent a person's data in every place there is, and then told to stop."""
    prefix = f"run-by-{request.param}."
    door = secured.by_scram() if request.param == "scram" else secured.by_certificate()
    token = {"SLA_HTTP_TOKEN_FILE": secured.file("token", TOKEN)}
    leaves = {"SLA_INSTANCE": "one", "SLA_ON_STOP": "leave"}
    env = topics_of(secured, prefix) | door | token | leaves
    asyncio.run(secured.grant(granted(prefix, env["SLA_GROUP"])))
    library_log = tmp_path_factory.mktemp(request.param) / "log"
    with started(env, talkative(library_log)) as service:
        client = service.ready()
        records = asyncio.run(_told(secured.admin, prefix))
        pages = {path: client.get(path).text for path in PATHS}
        client.close()
        code = service.stopped()
        return Run(code, service.log, library_log.read_text(encoding="utf-8"), pages, records)


async def _told(bootstrap: str, prefix: str) -> dict[str, list[Record]]:
    """Sends the events and gives what came of them, once it is all there."""
    now = now_ms()
    bad = list(personal.bad(now))
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for key, value, headers in [*personal.good(now), *bad]:
            number = personal.partition(key, 2)
            await producer.send_and_wait(
                prefix + "complaints.lifecycle", value, key, partition=number, headers=headers
            )
    async with asyncio.timeout(TOLD_WITHIN):
        while True:
            records = {
                topic.name: await read(bootstrap, topic.named(prefix)) for topic in (*OUTPUTS, REJECTED)
            }
            if len(records[REJECTED.name]) == len(bad) and len(_breached(records)) == 2:
                return records


def _breached(records: dict[str, list[Record]]) -> set[bytes]:
    return {record.key for record in records[BREACHES.name]}


def _all(record: Record) -> str:
    parts = [record.key or b"", record.value or b""]
    parts += [part for name, value in record.headers for part in (name.encode(), value or b"")]
    return b"\n".join(parts).decode("utf-8", "replace")


def test_it_leaves_the_group_with_no_further_right(run: Run) -> None:
    assert (run.code, "has left the group" in run.log) == (0, True)


def test_an_event_in_becomes_a_breach_out(run: Run) -> None:
    assert _breached(run.records) == {b"P-1", b"P-2"}
    assert run.code == 0
    assert "Traceback" not in run.log


def test_no_secret_is_in_the_log_even_when_all_of_it_is_shown(run: Run, secured: SecuredBroker) -> None:
    key = secured.client.key.read_text().splitlines()[1]
    for secret in (PASSWORD, KEY_PASSWORD, TOKEN, key):
        for form in (secret, base64.b64encode(secret.encode()).decode(), secret.encode().hex()):
            for said in (run.log, run.library_log, *run.pages.values()):
                assert form not in said
    assert "Request to" in run.library_log


def test_no_personal_data_is_in_topics_log_metrics_or_pages(run: Run) -> None:
    said = [
        line for line in run.library_log.splitlines() if line.startswith(("WARNING", "ERROR", "CRITICAL"))
    ]
    outside = [_all(record) for topic in OUTPUTS for record in run.records[topic.name]]
    assert len(outside) > 10
    for needle in personal.NEEDLES:
        for text in (*outside, *said, run.log, *run.pages.values()):
            assert needle not in text


def test_what_is_rejected_keeps_its_data_but_its_reason_tells_none(run: Run) -> None:
    for record in run.records[REJECTED.name]:
        assert any(needle in _all(record) for needle in personal.NEEDLES)
        ours = [value.decode() for name, value in record.headers if name.startswith("sla_rejected_")]
        assert ours
        assert not any(needle in said for needle in personal.NEEDLES for said in ours)
