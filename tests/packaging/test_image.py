"""What goes into the image: the wheel with all its files, and nobody with rights."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def let_through() -> list[str]:
    """What the Docker engine gets to see of the checkout."""
    return [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in the wheel, built as the Dockerfile builds it."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in let_through():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    build = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", built, source]
    subprocess.run([sys.executable, "-m", *build], check=True, capture_output=True)
    (file,) = built.iterdir()
    with zipfile.ZipFile(file) as content:
        return content.namelist()


@pytest.mark.parametrize("package", ["schemas", "service"])
def test_the_wheel_holds_every_file_of_our_packages(wheel, package):
    kept = [
        path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    assert [path for path in kept if str(path.relative_to(ROOT)) not in wheel] == []


def test_the_wheel_holds_no_tests(wheel):
    assert {name.split("/")[0] for name in wheel if ".dist-info" not in name} == {"schemas", "service"}


def test_every_base_image_has_a_version():
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["python:3.11-slim-bookworm"] * 2


def test_it_runs_as_a_number_that_is_not_root():
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


def test_it_installs_only_what_has_a_hash():
    installs = [line for line in DOCKERFILE.splitlines() if "pip install" in line]
    assert all("--require-hashes" in line or "--no-deps /tmp/wheel" in line for line in installs)


def test_all_that_is_copied_is_let_through_by_dockerignore():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert {name for names in copied for name in names.split()} == set(let_through())
    assert all((ROOT / name).exists() for name in let_through())
