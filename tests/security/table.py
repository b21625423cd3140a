"""The table of least privileges as it stands in the README: the tests grant just what it says."""

import re
from pathlib import Path

from tests.security.broker import Grant

TABLE = Path(__file__).parents[2] / "README.md"
_ROW = re.compile(r"^\| (topic|group|transactional-id) \| `([^`]+)` \| ([A-Za-z, ]+) \|", re.MULTILINE)


def table() -> list[Grant]:
    """Its rows for `run` with SLA_TOPIC_PREFIX and SLA_GROUP empty or default."""
    text = TABLE.read_text(encoding="utf-8")
    rows = _ROW.findall(text.partition("### Least privileges\n")[2].partition("\n## ")[0])
    return [
        Grant(kind, name.removesuffix("*"), operation, prefixed=name.endswith("*"))
        for kind, name, operations in rows
        for operation in operations.split(", ")
    ]


def granted(prefix: str, group: str) -> list[Grant]:
    """The table for these settings."""
    return [Grant(row.resource, _named(row, prefix, group), row.operation, row.prefixed) for row in table()]


def _named(row: Grant, prefix: str, group: str) -> str:
    return prefix + row.name if row.resource == "topic" else row.name.replace("sla-timer", group)
