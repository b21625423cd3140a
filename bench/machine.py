"""What the figures were taken on."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from service.demo.broker_config import VERSION


def machine() -> dict[str, Any]:
    """For the result file and docs/performance.md."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in info if line.startswith("model name")), "?")
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory.split()[1]) / 2**20, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "python_build": " ".join((*platform.python_build(), platform.python_compiler())),
        "aiokafka": version("aiokafka"),
        "kafka": VERSION,
        "java": (java.splitlines() or ["?"])[0],
        "load_before": os.getloadavg()[0],
        "commit": commit.stdout.strip(),
    }
