"""Writes the generated pages of docs/reference: `python -m tests.reference.generate`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.reference.cli import commands
from tests.reference.events import events_in, events_out
from tests.reference.metrics import metrics
from tests.reference.settings import settings
from tests.reference.topics import topics

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": commands,
    "events-in.md": events_in,
    "events-out.md": events_out,
    "metrics.md": metrics,
    "settings.md": settings,
    "topics.md": topics,
}


if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for name, generate in PAGES.items():
        (REFERENCE / name).write_text(generate(), encoding="utf-8")
