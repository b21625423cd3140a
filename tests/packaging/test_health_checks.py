"""Health checks of the image and of the compose file: they ask their own process, whatever proxy is set."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).parents[2]
PROXY = "http://127.0.0.1:9"  # nobody answers there
PROXIES = {name: PROXY for way in ("http_proxy", "https_proxy", "all_proxy") for name in (way, way.upper())}


class Alive(BaseHTTPRequestHandler):
    """Answers as the paths of its server say."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/livez" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Alive) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def check_of_the_image(port: int, path: str = "/livez") -> int:
    """The exit code of the image's HEALTHCHECK, as Docker's client sets a container's environment."""
    (found,) = re.findall(r"^ +CMD (\[.+\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    python, *rest = json.loads(found.replace("8080", str(port)).replace("/livez", path))
    assert python == "python"
    done = subprocess.run([sys.executable, *rest], env=PROXIES, capture_output=True, check=False)
    return done.returncode


def test_the_image_asks_the_process_itself_and_no_proxy(port):
    assert check_of_the_image(port) == 0


def test_the_image_sees_an_answer_that_is_none_and_nobody_there(port):
    assert check_of_the_image(port, "/elsewhere") != 0
    assert check_of_the_image(9) != 0


def test_no_health_check_of_the_compose_file_asks_a_proxy():
    checks = re.findall(r"test: (\[CMD, wget.+\])", (ROOT / "docker-compose.yml").read_text())
    assert len(checks) == 3
    assert all(re.match(r"\[CMD, wget, -q, -Y, \"off\", ", check) for check in checks)  # as BusyBox has it
