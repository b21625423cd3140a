"""Kubernetes manifests: valid, and the traps that no schema knows."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from service.gateway.gateway_file import read_sources
from service.processes.http import OwnHosts
from service.settings import SETTINGS, read_settings
from tests.ops.queries import DEPLOY

RESOURCES: list[dict[str, Any]] = [
    resource
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for resource in yaml.safe_load_all(path.read_text())
]
NAMES = [f"{resource['kind']}/{resource['metadata']['name']}" for resource in RESOURCES]
BY_NAME = dict(zip(NAMES, RESOURCES, strict=True))
PODS = {
    name: resource["spec"]["template"]["spec"]
    for name, resource in BY_NAME.items()
    if "template" in resource.get("spec", {})
}
SERVICE, BOARD, GATEWAY = (
    "StatefulSet/sla-timer",
    "Deployment/sla-timer-board",
    "Deployment/sla-timer-gateway",
)
CONFIG = BY_NAME["ConfigMap/sla-timer"]["data"]


@pytest.mark.parametrize("name", NAMES)
def test_every_manifest_is_valid_and_has_no_field_too_many(name: str) -> None:
    kubernetes_validate.validate(BY_NAME[name], kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("name", PODS)
def test_no_pod_has_rights_a_token_of_the_cluster_or_a_floating_image(name: str) -> None:
    (container,) = PODS[name]["containers"]
    assert PODS[name]["automountServiceAccountToken"] is False
    assert PODS[name]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert re.fullmatch(r"sla-timer:\d+\.\d+\.\d+", container["image"])


@pytest.mark.parametrize("name", PODS)
def test_no_pod_gets_variables_of_other_services_which_would_be_unknown_settings(name: str) -> None:
    assert PODS[name]["enableServiceLinks"] is False


def test_a_pod_comes_back_as_the_same_member_of_the_group() -> None:
    (container,) = PODS[SERVICE]["containers"]
    (instance,) = container["env"]
    assert instance == {
        "name": "SLA_INSTANCE",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
    }


def test_the_settings_are_settings_of_the_service(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    assert CONFIG.keys() <= {setting.variable for setting in SETTINGS}
    read_settings({**CONFIG, "SLA_INSTANCE": "sla-timer-0", "SLA_HTTP_TOKEN_FILE": str(token)})


def given(container: dict[str, Any], config: dict[str, str]) -> dict[str, str]:
    """The variables of a container that are written in its manifest, or are keys of `config`."""
    env = {}
    for one in container["env"]:
        key = one.get("valueFrom", {}).get("configMapKeyRef", {"key": "", "optional": False})
        if key["key"] in config or not key.get("optional"):
            env[one["name"]] = one["value"] if "value" in one else config[key["key"]]
    return env


@pytest.mark.parametrize(("config", "grace"), [({}, 1_000), ({"SLA_GRACE": "10s"}, 10_000)])
def test_the_gateway_is_told_the_grace_that_the_others_have(config: dict[str, str], grace: int) -> None:
    (container,) = PODS[GATEWAY]["containers"]
    assert read_settings(given(container, CONFIG | config), asks_for_token=False).grace == grace


def test_the_gateway_reads_sources_and_secrets_that_are_mounted(tmp_path: Path) -> None:
    (container,) = PODS[GATEWAY]["containers"]
    settings = read_settings(given(container, CONFIG), asks_for_token=False)
    mounted = {one["mountPath"] for one in container["volumeMounts"]}
    assert str(settings.gateway.parent) in mounted
    text = BY_NAME["ConfigMap/sla-timer-gateway"]["data"][settings.gateway.name]
    assert {"/etc/sla-timer/mappings", "/run/secrets/sla-timer-gateway"} <= mounted
    (tmp_path / "zammad").write_text("secret")
    here = tmp_path / "gateway.yaml"
    mappings = DEPLOY.parent / "mappings"
    text = text.replace("/etc/sla-timer/mappings", str(mappings))
    here.write_text(text.replace("/run/secrets/sla-timer-gateway", str(tmp_path)))
    assert list(read_sources(here, open_to_others=True)) == ["zammad"]
    assert PODS[GATEWAY]["terminationGracePeriodSeconds"] > 10


def test_it_lives_on_without_kafka_and_is_ready_only_when_it_judges() -> None:
    (container,) = PODS[SERVICE]["containers"]
    probes = {
        word: container[f"{word}Probe"]["httpGet"]["path"] for word in ("startup", "liveness", "readiness")
    }
    assert probes == {"startup": "/startupz", "liveness": "/livez", "readiness": "/readyz"}


def test_it_gets_the_time_that_it_may_take_to_stop() -> None:
    assert PODS[SERVICE]["terminationGracePeriodSeconds"] > 10


def test_the_board_asks_each_process_by_a_name_that_it_answers_to() -> None:
    (container,) = PODS[BOARD]["containers"]
    hosts = [arg.partition("://")[2] for arg in container["args"] if arg.startswith("--service=")]
    replicas = BY_NAME[SERVICE]["spec"]["replicas"]
    assert [host.partition(".")[0] for host in hosts] == [f"sla-timer-{number}" for number in range(replicas)]
    assert all(OwnHosts(None, "0.0.0.0").own(host) for host in hosts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("selecting", "selected"),
    [
        ("Service/sla-timer", SERVICE),
        ("PodDisruptionBudget/sla-timer", SERVICE),
        ("Service/sla-timer-board", BOARD),
        ("Service/sla-timer-gateway", GATEWAY),
        ("PodDisruptionBudget/sla-timer-gateway", GATEWAY),
    ],
)
def test_selectors_select_the_pods_they_mean(selecting: str, selected: str) -> None:
    selector = BY_NAME[selecting]["spec"]["selector"]
    labels = BY_NAME[selected]["spec"]["template"]["metadata"]["labels"]
    assert selector.get("matchLabels", selector) == labels
    assert BY_NAME[selected]["spec"]["selector"]["matchLabels"] == labels
