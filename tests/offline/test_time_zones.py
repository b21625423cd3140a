"""Local times of an export are read by the time zones of the service, whatever the machine has."""

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

PROGRAM = """
from service.mapping.context import Context
from service.mapping.expression import Expression
from service.mapping.moment import Moment
from service.timezones import zone
said = Context({"at": "2012-07-09 14:51:01"})
print(Moment([Expression.of("at")], zone=zone("Europe/Rome")).read("time", said))
"""


def test_other_time_zones_on_the_machine_change_nothing(tmp_path: Path) -> None:
    rome, tokyo = tmp_path / "Europe" / "Rome", files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo")
    rome.parent.mkdir()
    rome.write_bytes(tokyo.read_bytes())  # who made this machine's data did not mean well
    said = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | {"PYTHONTZPATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for path in ("", str(tmp_path))
    ]
    assert said == ["1341838261000\n"] * 2
