"""Programs of Debian. One that is missing fails a test: a skip would look like success."""

import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "chromium": "chromium",
}


def program(name: str) -> str:
    """The path of one of PACKAGES."""
    if path := shutil.which(name):
        return path
    pytest.fail(f"no {name} on the PATH; install it with: apt-get install {PACKAGES[name]}")


def said(*command: str | Path, given: bytes = b"") -> str:
    """What a program that ends well says; the test fails with all it said when it does not."""
    done = subprocess.run(
        [program(str(command[0])), *command[1:]],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    text = done.stdout.decode()
    assert done.returncode == 0, text
    return text
