"""`gateway check`, and what an integrator tries first, without Kafka."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.configured import DESKS, MAPPINGS, write
from tests.gateway.samples import FOLDERS, PRODUCTS, samples


def sla_timer(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "service", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_14_check_says_of_each_source_how_it_is_verified_and_mapped(tmp_path: Path) -> None:
    checked = sla_timer("gateway", "check", "--sources", str(write(tmp_path)), "--open")
    assert (checked.returncode, checked.stderr) == (0, "")
    lines = checked.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(DESKS)
    assert lines[0].startswith("zammad: signed, mapping zammad (")
    assert lines[0].endswith("tenant default, at most 1048576 bytes")


def test_14_check_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    path = write(tmp_path, {"bare": "mapping: {mappings}/jira.yaml\n"})
    assert sla_timer("gateway", "check", "--sources", str(path)).stdout.startswith("bare: no proof")
    refused = sla_timer("gateway", "check", "--sources", str(path), "--open")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"sla-timer: {path}:2: sources.bare: has no signature or token with its secrets, and the gateway can "
        "be reached by others\n"
    )


@pytest.mark.parametrize("product", PRODUCTS)
def test_14_a_body_is_tried_with_the_mapping_of_a_source(tmp_path: Path, product: str) -> None:
    sample = next(one for one in samples(product) if one.new_events)
    (tmp_path / "body").write_bytes(sample.body)
    (tmp_path / "headers").write_text("".join(f"{name}: {value}\n" for name, value in sample.headers.items()))
    tried = sla_timer(
        *("mapping", "try", str(MAPPINGS / f"{FOLDERS[product]}.yaml"), str(tmp_path / "body")),
        *("--headers", str(tmp_path / "headers"), "--endpoint", product),
    )
    assert tried.returncode == 0, tried.stderr
    assert len([json.loads(line) for line in tried.stdout.splitlines()]) == sample.new_events


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["gateway", "--sources", "x", "check"], "give --sources after the command, and --http only without"),
        (["gateway", "dead", "retry"], "say which: PARTITION:OFFSET, --source or --all"),
        (
            ["gateway", "dead", "show", "1"],
            "Invalid value for 'PARTITION:OFFSET...': '1' is no partition:offset",
        ),
        (
            ["gateway", "check", "--sources", "/nowhere"],
            "/nowhere: cannot be read: No such file or directory",
        ),
    ],
)
def test_wrong_usage_is_told_in_one_line(arguments: list[str], line: str) -> None:
    ended = sla_timer(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"sla-timer: {line}")
