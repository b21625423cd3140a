"""The whole chain on loopback: traffic, Kafka, the service, Prometheus, Alertmanager, a receiver."""

import asyncio
import json
import select
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import yaml

from service.clock import now_ms
from service.demo.broker_config import free_ports
from service.demo.process_guard import ProcessGuard
from tests.broker.live import publish
from tests.broker.service import environment, running, sla_timer
from tests.broker.test_gateway import gateway, send
from tests.gateway.configured import write
from tests.gateway.samples import samples
from tests.ops.debian import program
from tests.ops.queries import DEPLOY

ROOT = DEPLOY.parent
JOB, GATEWAY_JOB, BOARD_JOB = "sla-timer", "sla-timer-gateway", "sla-timer-board"
PARTITIONS = 2
WITHIN = 60.0  # seconds: for programs to start, and for an alert to arrive, on a busy machine
# A policy that names a calendar, so that there is one to watch.
OFFICE = """
policy: office
version: 1
effective_from: 2026-01-01T00:00:00+08:00
title: {en: In office hours}
match: {tenant: office}
calendar: cn
clocks: {response: {start: received, stop: [response_started], levels: [{level: minor, after: 1h}]}}
"""


class Prometheus:
    """Answers queries."""

    def __init__(self, port: int) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=10)

    def ask(self, path: str, **parameters: str | float) -> Any:
        """The data of an answer of its API."""
        answer = self._client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def numbers(self, query: str) -> list[float]:
        """What a query gave in the last minute, without what is no number."""
        now = now_ms() / 1_000
        found = self.ask("/query_range", query=query, start=now - 60, end=now, step=1)["result"]
        values = (float(value) for series in found for _, value in series["values"])
        return [value for value in values if value == value]  # NaN is not


@dataclass(frozen=True)
class Watched:
    """A running chain."""

    prometheus: Prometheus
    alertmanager: httpx.Client
    metrics: httpx.Client
    receiver: "subprocess.Popen[bytes]"

    def alerts(self) -> Iterator[dict[str, str]]:
        """What the receiver is told, as it is told."""
        assert self.receiver.stdout
        while True:
            ready, _, _ = select.select([self.receiver.stdout], [], [], WITHIN)
            assert ready, "no alert arrives"
            yield json.loads(self.receiver.stdout.readline())


@contextmanager
def watched(bootstrap: str, prefix: str, directory: Path) -> Iterator[Watched]:
    """The chain for as long as the block runs: what is deployed, but for ports and for waiting times."""
    env = _environment(bootstrap, prefix, directory)
    pager, alerting, watching = free_ports(3)
    command = [sys.executable, DEPLOY / "alertmanager/receiver.py", "127.0.0.1", str(pager)]
    with (
        ProcessGuard() as guard,
        running(env) as (_, metrics),
        gateway(env | {"SLA_GATEWAY": str(write(directory))}) as (_, hooks),
        running(env, "board") as (_, board),
        _deliveries(hooks),
        subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as receiver,
    ):
        try:
            _start_traffic(guard, env)
            asyncio.run(publish(bootstrap, prefix, PARTITIONS, [("T-0", b"not json")]))
            _start_alertmanager(guard, alerting, pager)
            serving = {JOB: metrics, GATEWAY_JOB: hooks, BOARD_JOB: board}
            ports = {job: client.base_url.port for job, client in serving.items()}
            _start_prometheus(guard, watching, alerting, ports)
            alertmanager = httpx.Client(base_url=f"http://127.0.0.1:{alerting}/api/v2", timeout=10)
            yield Watched(Prometheus(watching), alertmanager, metrics, receiver)
        finally:
            receiver.kill()


def _environment(bootstrap: str, prefix: str, directory: Path) -> dict[str, str]:
    policies = directory / "policies"
    shutil.copytree(ROOT / "policies" / "calendars", policies / "calendars")
    (policies / "seconds.yaml").write_text((files("service.demo") / "policies" / "seconds.yaml").read_text())
    (policies / "office.yaml").write_text(OFFICE)
    env = environment(bootstrap, prefix, SLA_POLICIES=str(policies))
    made = sla_timer("topics", "ensure", "--partitions", str(PARTITIONS), env=env)
    assert made.returncode == 0, made.stderr
    return env


def _start_traffic(guard: ProcessGuard, env: dict[str, str]) -> None:
    """The demo's complaints."""
    command = [sys.executable, "-m", "service", "demo", "--only-traffic"]
    guard.start(command, log=guard.directory / "traffic.log", env=env)


@contextmanager
def _deliveries(hooks: httpx.Client) -> Iterator[None]:
    """A webhook every second, the same one: so there is always something to show of it."""
    over, sample = threading.Event(), next(iter(samples("zammad")))

    def deliver() -> None:
        while not over.wait(1):
            send(hooks, sample)

    delivering = threading.Thread(target=deliver, daemon=True)
    delivering.start()
    try:
        yield
    finally:
        over.set()
        delivering.join()


def _start_alertmanager(guard: ProcessGuard, port: int, pager: int) -> None:
    """Its file, but that it waits for nothing and posts to our receiver."""
    text = (DEPLOY / "alertmanager/alertmanager.yml").read_text()
    config = yaml.safe_load(text.replace("//receiver:9095/", f"//127.0.0.1:{pager}/"))
    for route in (config["route"], *config["route"]["routes"]):
        route |= {"group_wait": "0s", "group_interval": "1s"}
    file = guard.directory / "alertmanager.yml"
    file.write_text(yaml.safe_dump(config))
    command = [
        program("prometheus-alertmanager"),
        f"--config.file={file}",
        f"--storage.path={guard.directory / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    guard.start(command, log=guard.directory / "alertmanager.log")


def _start_prometheus(guard: ProcessGuard, port: int, alerting: int, jobs: dict[str, int | None]) -> None:
    """Its file, but that it looks every second, at what runs here."""
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DEPLOY / "prometheus" / name) for name in config["rule_files"]]
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{alerting}"]
    for scrape in config["scrape_configs"]:
        scrape["static_configs"] = [{"targets": [f"127.0.0.1:{jobs[scrape['job_name']]}"]}]
    file = guard.directory / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    command = [
        program("prometheus"),
        f"--config.file={file}",
        f"--storage.tsdb.path={guard.directory / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    guard.start(command, log=guard.directory / "prometheus.log")
