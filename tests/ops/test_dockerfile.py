"""The Dockerfile, as hadolint sees it."""

import subprocess
import sys
from pathlib import Path

from tests.ops.queries import DEPLOY


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [hadolint, DEPLOY.parent / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
