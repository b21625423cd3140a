"""The service as a process: it becomes ready, answers, changes nothing on request, stops when told."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import httpx
import pytest

from service.clock import now_ms
from service.policy.directory import read_policies
from service.policy.in_force import known_policies
from tests.broker.service import POLICIES, STARTS_WITHIN, STOPS_WITHIN, environment, running, sla_timer

PATHS = ("/metrics", "/livez", "/readyz", "/startupz", "/asyncapi.json")


@pytest.fixture
def env(bootstrap: str, prefix: str) -> dict[str, str]:
    settings = environment(bootstrap, prefix)
    assert sla_timer("topics", "ensure", "--partitions", "2", env=settings).returncode == 0
    return settings


@pytest.fixture
def service(env: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", httpx.Client]]:
    with running(env) as (process, client):
        yield process, client


def wait_until_ready(client: httpx.Client) -> httpx.Response:
    began = monotonic()
    while (answer := client.get("/readyz")).status_code != 200:
        assert monotonic() - began < STARTS_WITHIN, answer.text
    return answer


def test_it_is_ready_when_all_its_partitions_are_judged_and_stops_within_ten_seconds(
    service: tuple["subprocess.Popen[str]", httpx.Client], prefix: str
) -> None:
    process, client = service
    assert client.get("/livez").status_code == 200
    owned = "complaints.lifecycle-0", "complaints.lifecycle-1", "support.channels-0"
    partitions = dict.fromkeys([prefix + name for name in owned], "running")
    said = wait_until_ready(client).json()
    known = said.pop("policies")
    assert known == list(known_policies(read_policies(POLICIES).policies, now_ms()))
    assert [(one["policy"], one["state"]) for one in known] == [
        ("letter-1", "in_force"),
        ("letter-2", "in_force"),
    ]
    assert said == {"ready": True, "partitions": partitions}
    assert client.get("/startupz").json() == {"started": True}
    process.send_signal(signal.SIGTERM)
    assert process.wait(STOPS_WITHIN) == 0


def test_it_stops_while_it_is_still_joining(service: tuple["subprocess.Popen[str]", httpx.Client]) -> None:
    process, _ = service
    process.send_signal(signal.SIGINT)
    assert process.wait(STOPS_WITHIN) == 0


def test_no_route_takes_anything_but_questions(service: tuple["subprocess.Popen[str]", httpx.Client]) -> None:
    _, client = service
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for path in PATHS:
            assert client.request(method, path).status_code == 405, (method, path)
        assert client.request(method, "/asyncapi/try").status_code == 404


def test_metrics_and_asyncapi_are_served(
    service: tuple["subprocess.Popen[str]", httpx.Client], prefix: str
) -> None:
    _, client = service
    wait_until_ready(client)
    metrics = client.get("/metrics").text
    assert 'sla_breaches_total{clock="response",level="major"} 0.0' in metrics
    assert f'sla_input_lag_records{{partition="0",topic="{prefix}complaints.lifecycle"}} 0.0' in metrics
    channels = client.get("/asyncapi.json").json()["channels"]
    assert channels["sla.breaches"]["address"] == f"{prefix}sla.breaches"


def test_a_published_policy_that_changed_is_refused_at_the_next_start(
    env: dict[str, str], tmp_path: Path
) -> None:
    letter = (POLICIES / "letter-1.yaml").read_text(encoding="utf-8")
    policy = tmp_path / "letter-1.yaml"
    policy.write_text(letter, encoding="utf-8")
    with running(env | {"SLA_POLICIES": str(tmp_path)}) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN) == 0
    policy.write_text(letter.replace("after: 30m", "after: 31m"), encoding="utf-8")
    ended = sla_timer("run", env=env | {"SLA_POLICIES": str(tmp_path)})
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"sla-timer: {policy}:")
    assert "with other clocks; undo the change" in ended.stderr
