"""The exports in examples/exports: each shape in a directory, with what it gives.

`python -m tests.examples.exports` writes expected.jsonl and clocks.txt again; read what changed.
"""

import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from schemas.instant import read_milliseconds
from service.cli.program import sla_timer
from service.offline.publish import Send, Sending, publish
from tests.examples.played import EXAMPLES, POLICY

EXPORTS = EXAMPLES / "exports"
MAPPINGS = EXAMPLES.parent / "mappings"
NOW = read_milliseconds("2026-04-01T00:00:00Z") or 0


class Shape(NamedTuple):
    """One directory."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def mapping(self) -> Path:
        """Its own, or that of the product."""
        own = self.path / "mapping.yaml"
        return own if own.exists() else MAPPINGS / f"{self.name}-export.yaml"

    @property
    def export(self) -> Path:
        (found,) = self.path.glob("export.*")
        return found


def shapes() -> list[Shape]:
    return [Shape(path) for path in sorted(EXPORTS.iterdir()) if path.is_dir()]


def published(shape: Shape) -> tuple[list[dict[str, Any]], list[str]]:
    """What `publish` sends, and what it says, without the directory."""
    sent: list[dict[str, Any]] = []

    @asynccontextmanager
    async def singly() -> AsyncIterator[Send]:
        raise AssertionError("a file goes out by whole tickets")
        yield

    async def whole(tickets: Iterable[tuple[str, Sequence[bytes]]], told: Callable[[int], None]) -> None:
        for _, events in tickets:
            sent.extend(map(json.loads, events))
            told(len(events))

    out, err = io.StringIO(), io.StringIO()
    publish(
        str(shape.export),
        sending=Sending(singly(), whole),
        now=NOW,
        mapping=shape.mapping,
        stdin=io.BytesIO(),
        out=out,
        err=err,
    )
    return sent, err.getvalue().replace(f"{shape.path}/", "").splitlines()


def clocks(shape: Shape, *options: str) -> list[str]:
    """What `simulate --clocks` says by examples/policy: ticket, level, state, seconds if it stopped."""
    files = [str(shape.export), "--mapping", str(shape.mapping), "--policies", str(POLICY)]
    result = CliRunner().invoke(sla_timer, ["simulate", *files, "--clocks", *options], standalone_mode=False)
    assert result.exception is None, result.exception
    return [_clock(json.loads(line)) for line in result.stdout.splitlines()]


def _clock(row: dict[str, Any]) -> str:
    began, ended = map(read_milliseconds, (row["started_at"], row["stopped_at"] or ""))
    lasted = f" after {(ended - began) / 1000:g} s" if began is not None and ended is not None else ""
    return f"{row['ticket_id']}@{row['tenant']} {row['level']}: {row['state']}{lasted}"


def main() -> None:
    for shape in shapes():
        sent, _ = published(shape)
        lines = [json.dumps(event, ensure_ascii=False) for event in sent]
        (shape.path / "expected.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
        (shape.path / "clocks.txt").write_text("\n".join([*clocks(shape), ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
