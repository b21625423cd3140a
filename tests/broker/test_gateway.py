"""The gateway as a process on a real Kafka: webhooks in, events in complaints.lifecycle, whatever dies."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from schemas.topics import LIFECYCLE, UNDELIVERABLE
from service.clock import now_ms
from service.demo.broker import Broker
from service.demo.maven_broker import maven_broker
from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.record import Record
from tests.broker.log import read
from tests.broker.service import STOPS_WITHIN, Service, environment, running, sla_timer, until
from tests.gateway.configured import DESKS, write
from tests.gateway.samples import PRODUCTS, Sample, differences, expected, samples

ANSWERS_WITHIN_MS = 3_500  # with Kafka away
PARTITIONS = 3
RECEIVED = next(samples("zammad"))


def set_up(bootstrap: str, prefix: str, folder: Path, sources: dict[str, str] = DESKS) -> dict[str, str]:
    """Topics, and sources with their secrets."""
    env = environment(bootstrap, prefix, SLA_GATEWAY=str(write(folder, sources)))
    made = sla_timer("topics", "ensure", "--partitions", str(PARTITIONS), env=env)
    assert made.returncode == 0, made.stderr
    return env


@contextmanager
def gateway(env: dict[str, str]) -> Iterator[tuple[Service, httpx.Client]]:
    """A process that is ready."""
    with running(env, "gateway") as (process, client):
        until(client, "/readyz", lambda answer: answer.status_code == 200)
        yield process, client


def send(client: httpx.Client, sample: Sample) -> httpx.Response:
    return client.post(f"/hooks/{sample.endpoint}", content=sample.body, headers=sample.signed(now_ms()))


def published(bootstrap: str, prefix: str) -> list[Record]:
    return asyncio.run(read(bootstrap, LIFECYCLE.named(prefix)))


def numbered(number: int) -> Sample:
    """A receipt of a ticket of its own."""
    body = json.loads(RECEIVED.body)
    body["ticket"] |= {"id": number, "number": f"N-{number}"}
    return Sample(str(number), "zammad", json.dumps(body).encode(), RECEIVED.headers, 204, 1)


@pytest.mark.parametrize("product", PRODUCTS)
def test_08_every_sample_gets_its_answer_and_the_topic_holds_what_is_expected(
    bootstrap: str, prefix: str, tmp_path: Path, product: str
) -> None:
    env = set_up(bootstrap, prefix, tmp_path)
    with gateway(env) as (_, client):
        for sample in samples(product):
            assert send(client, sample).status_code == sample.status, sample.name
        metrics = client.get("/metrics").text
    records = published(bootstrap, prefix)
    assert differences([record.value or b"" for record in records], expected(product)) == ([], [])
    for record in records:
        assert record.key == json.loads(record.value or b"")["subject"].encode()
        assert record.partition == murmur2(record.key, PARTITIONS)
    dead = [sample for sample in samples(product) if sample.status == 202]
    letters = asyncio.run(read(bootstrap, UNDELIVERABLE.named(prefix)))
    assert [letter.value for letter in letters] == [sample.body for sample in dead]
    assert f'sla_gateway_deliveries_total{{outcome="dead",source="{product}"}} {len(dead)}.0' in metrics
    assert f'sla_gateway_deliveries_total{{outcome="unauthorised",source="{product}"}} 1.0' in metrics


def test_11_the_service_rejects_nothing_of_it(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path)
    with gateway(env) as (_, client):
        for product in PRODUCTS:
            for sample in samples(product):
                send(client, sample)
    records = len(published(bootstrap, prefix))
    counted = f"sla_records_processed_total {records}.0"
    with running(env) as (_, client):
        until(client, "/metrics", lambda answer: counted in answer.text)
        rejected = [
            line for line in client.get("/metrics").text.splitlines() if "sla_records_rejected_total" in line
        ]
    assert rejected
    assert [line for line in rejected if not line.startswith("#") and not line.endswith(" 0.0")] == []


@pytest.fixture
def own_broker() -> Iterator[Broker]:
    """A broker that may be frozen: others use that of the session."""
    with maven_broker() as running_broker:
        yield running_broker


@pytest.mark.broker
def test_08_with_kafka_frozen_a_sender_is_told_in_time_to_come_again(
    own_broker: Broker, prefix: str, tmp_path: Path
) -> None:
    env = set_up(own_broker.bootstrap, prefix, tmp_path)
    (node,) = own_broker.nodes
    acknowledged = []
    with gateway(env) as (_, client):
        for number in range(5):
            assert send(client, numbered(number)).status_code == 204
            acknowledged.append(number)
        node.freeze()
        while "State:\tT" not in Path(f"/proc/{node.pid}/status").read_text():
            pass  # a process of many threads stops one after the other
        for number in range(5, 8):
            began = now_ms()
            answer = send(client, numbered(number))
            assert now_ms() - began < ANSWERS_WITHIN_MS
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200
        node.thaw()
        until(client, "/readyz", lambda answer: answer.status_code == 200)
        for number in range(5, 10):
            while send(client, numbered(number)).status_code != 204:
                pass  # as a product does, only sooner
            acknowledged.append(number)
    records = published(own_broker.bootstrap, prefix)
    contents: dict[str, set[bytes]] = {}
    for record in records:
        contents.setdefault(json.loads(record.value or b"")["id"], set()).add(record.value or b"")
    tickets = {record.key for record in records}
    assert {f"N-{number}".encode() for number in acknowledged} <= tickets
    assert all(len(values) == 1 for values in contents.values())


def test_09_killed_in_flight_the_sender_tries_again_and_the_ids_are_the_same(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path)
    told: dict[int, int] = {}

    def one(number: int, client: httpx.Client) -> None:
        try:
            told[number] = send(client, numbered(number)).status_code
        except httpx.TransportError:
            told[number] = 0

    with gateway(env) as (process, client), ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(one, number, client) for number in range(400)]
        while sum(status == 204 for status in list(told.values())) < 50:
            pass
        process.send_signal(signal.SIGKILL)
        for future in sent:
            future.result()
    missed = [number for number in range(400) if told[number] != 204]
    assert missed, "it was not killed in flight"
    before = {record.key for record in published(bootstrap, prefix)}
    assert {f"N-{number}".encode() for number, status in told.items() if status == 204} <= before
    with gateway(env) as (_, client):
        for number in missed:
            assert send(client, numbered(number)).status_code == 204
    records = published(bootstrap, prefix)
    identities = {(json.loads(record.value or b"")["id"], record.value) for record in records}
    assert len(identities) == 400
    assert {record.key for record in records} == {f"N-{number}".encode() for number in range(400)}


def test_09_two_processes_beside_each_other_give_the_same(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path)
    with gateway(env) as (_, one), gateway(env) as (_, other):
        for number, sample in enumerate(samples("jira")):
            for client in (one, other) if number % 3 else (other,):
                assert send(client, sample).status_code == sample.status
    values = [record.value or b"" for record in published(bootstrap, prefix)]
    assert differences(values, expected("jira")) == ([], [])


def test_20_a_stop_answers_what_is_under_way_and_takes_nothing_new(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path)
    sample = numbered(1)
    with gateway(env) as (process, client):

        def pieces() -> Iterator[bytes]:
            yield sample.body[:100]
            process.send_signal(signal.SIGTERM)
            while True:
                try:
                    httpx.get(f"{client.base_url}/livez", timeout=5)
                except httpx.TransportError:
                    break  # it takes no new connections
            yield sample.body[100:]

        headers = {**sample.signed(now_ms()), "content-length": str(len(sample.body))}
        answer = client.post("/hooks/zammad", content=pieces(), headers=headers)
        assert answer.status_code == 204
        assert process.wait(STOPS_WITHIN) == 0
    assert [record.key for record in published(bootstrap, prefix)] == [b"N-1"]


def refused(env: dict[str, str]) -> str:
    ended = sla_timer("gateway", env=env)
    assert ended.returncode == 2
    return ended.stderr


def test_07_off_loopback_it_does_not_start_without_secrets(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    bare = {"bare": "mapping: {mappings}/zammad.yaml\n"}
    env = set_up(bootstrap, prefix, tmp_path, bare) | {"SLA_HTTP": "0.0.0.0:0"}
    assert "sources.bare: has no signature or token with its secrets" in refused(env)
    with gateway(env | {"SLA_HTTP": "127.0.0.1:0"}) as (_, client):
        assert client.post("/hooks/bare", content=RECEIVED.body, headers=RECEIVED.headers).status_code == 204


def test_it_does_not_start_without_its_topics_or_a_secret(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = environment(bootstrap, prefix, SLA_GATEWAY=str(write(tmp_path)))
    assert f"topic {prefix}complaints.lifecycle: missing; create it with: sla-timer topics ensure" in refused(
        env
    )
    (tmp_path / "zammad.secret").unlink()
    assert "zammad.secret: cannot be read: No such file or directory" in refused(env)


def test_04_dead_letters_have_to_hold_the_largest_body(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path, {"zammad": DESKS["zammad"] + "limit: 4MiB\n"})
    assert "max.message.bytes=4194304 does not hold a webhook of 4194304 bytes with its headers" in refused(
        env
    )


def test_04_slow_requests_are_cut_off_and_the_largest_one_is_kept(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, {"zammad": DESKS["zammad"] + "limit: 3MiB\n"})
    large = Sample("large", "zammad", b" " * (3 * 2**20), RECEIVED.headers, 202, 0)
    with gateway(env) as (_, client):
        assert send(client, large).status_code == 202
        larger = Sample("larger", "zammad", b" " * (3 * 2**20 + 1), RECEIVED.headers, 413, 0)
        assert send(client, larger).status_code == 413

        def slow() -> Iterator[bytes]:
            yield b"{"
            until(
                client_of_probes,
                "/metrics",
                lambda answer: 'refused_total{reason="slow_body"} 1.0' in answer.text,
            )
            yield b"}"

        with httpx.Client(base_url=client.base_url, timeout=30) as client_of_probes:
            headers = RECEIVED.signed(now_ms()) | {"content-length": "2"}
            assert (
                client.post("/hooks/zammad", content=slow(), headers=headers, timeout=30).status_code == 408
            )
    (letter,) = asyncio.run(read(bootstrap, UNDELIVERABLE.named(prefix)))
    assert letter.value == large.body


def dead(env: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return sla_timer("gateway", "dead", *arguments, env=env)


def test_12_dead_letters_are_listed_shown_and_retried_with_the_ids_of_the_first_try(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    desk = DESKS["zammad"].replace("{mappings}/zammad.yaml", "desk.yaml")
    right = (Path(__file__).parents[2] / "mappings" / "zammad.yaml").read_text(encoding="utf-8")
    (tmp_path / "desk.yaml").write_text(
        right.replace("ticket.created_at", "ticket.creation"), encoding="utf-8"
    )
    env = set_up(bootstrap, prefix, tmp_path, {"zammad": desk})
    cut = next(sample for sample in samples("zammad") if sample.name == "cut off")
    with gateway(env) as (_, client):
        assert send(client, RECEIVED).status_code == 202
        assert send(client, cut).status_code == 202

    listed = dead(env, "list", "--json")
    outlines = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [(one["record"], one["source"], one["reason"]) for one in outlines] == [
        ("0:0", "zammad", "unmappable"),
        ("0:1", "zammad", "not_json"),
    ]
    assert outlines[0]["delivery"] == RECEIVED.headers["x-zammad-delivery"]
    text = dead(env, "list").stdout + dead(env, "show", "0:0").stdout
    assert "private" not in text
    raw = json.loads(dead(env, "show", "0:0", "--raw").stdout)
    assert raw["body"] == RECEIVED.body.decode()
    assert "x-hub-signature" not in raw["headers"]

    still = dead(env, "retry", "--all")
    assert still.returncode == 1
    assert still.stdout == "0 events published, 2 cannot be mapped\n"
    assert published(bootstrap, prefix) == []

    (tmp_path / "desk.yaml").write_text(right, encoding="utf-8")
    tried = dead(env, "retry", "0:0", "--dry-run")
    assert (tried.returncode, published(bootstrap, prefix)) == (0, [])
    assert tried.stdout == "0:0 would give: received\n1 events would be published, 0 cannot be mapped\n"
    again = dead(env, "retry", "--source", "zammad")
    assert again.returncode == 1  # the one that was cut off stays what it is
    with gateway(env) as (_, client):
        assert send(client, RECEIVED).status_code == 204
    first, second = published(bootstrap, prefix)
    assert first.value == second.value
    assert dead(env, "retry", "7:7").stderr == "sla-timer: there is no dead letter 7:7 (any more?)\n"
