"""The tables of least privileges as they stand in the documents: the tests grant just what they say."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.security.broker import Grant


class Place(NamedTuple):
    """Where a table stands."""

    document: str
    heading: str


OF_RUN = Place("docs/reference/acl.md", "## Least privileges of the service")
OF_GATEWAY = Place("docs/reference/acl.md", "## Least privileges of the gateway")
OF_BOARD = Place("docs/security.md", "## Least privileges of the board")

_DOCUMENTS = Path(__file__).parents[2]
_ROW = re.compile(r"^\| (topic|group|transactional-id) \| `([^`]+)` \| ([A-Za-z, ]+) \|", re.MULTILINE)


def table(place: Place = OF_RUN) -> list[Grant]:
    """Its rows with SLA_TOPIC_PREFIX and SLA_GROUP empty or default."""
    text = (_DOCUMENTS / place.document).read_text(encoding="utf-8")
    rows = _ROW.findall(text.partition(f"{place.heading}\n")[2].partition("\n## ")[0])
    return [
        Grant(kind, name.removesuffix("*"), operation, prefixed=name.endswith("*"))
        for kind, name, operations in rows
        for operation in operations.split(", ")
    ]


def granted(prefix: str, group: str, place: Place = OF_RUN) -> list[Grant]:
    """The table for these settings."""
    return [
        Grant(row.resource, _named(row, prefix, group), row.operation, row.prefixed) for row in table(place)
    ]


def _named(row: Grant, prefix: str, group: str) -> str:
    return prefix + row.name if row.resource == "topic" else row.name.replace("sla-timer", group)
