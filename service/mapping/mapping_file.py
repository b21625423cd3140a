"""Reader of a mapping file: from its bytes to the mapping, or every problem with line and field."""

import hashlib
from collections.abc import Mapping as Dict
from pathlib import Path

from service.mapping.mapping import Mapping
from service.mapping.rows_file import read_rows
from service.mapping.rule_file import Rules, ids_of, read_telling, read_ticket
from service.mapping.value_file import Reading, table
from service.strict_yaml.document import LARGEST_BYTES, NotReadError, canonical_json, content, read_document
from service.strict_yaml.place import BadFiles, Place, Problem

MAPPING = ("mapping", "source", "tenant", "ticket", "tables", "deliveries", "history", "rows")
NEEDED = ("mapping", "source")


class BadMapping(BadFiles):
    """A mapping file cannot be used. The text has a line for each problem."""


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file. Raises BadMapping, a RefusalError, with file, line, field and reason."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise BadMapping([Problem(str(path), None, None, error.strerror or "cannot be read")]) from None
    return read_mapping_bytes(str(path), raw)


def read_mapping_bytes(file: str, raw: bytes) -> Mapping:
    """Return the mapping in `raw`. `file`: its name in problems. Raises BadMapping with all its problems."""
    try:
        root = read_document(raw)
    except NotReadError as error:
        raise BadMapping([Problem(file, error.line, error.field, error.reason)]) from None
    place = Place(file, root, "", [])
    mapping = _mapping(place, hashlib.sha256(canonical_json(content(root)).encode()).hexdigest())
    if place.problems:
        raise BadMapping(sorted(place.problems, key=lambda problem: problem.line or 0))
    return mapping


def _mapping(place: Place, digest: str) -> Mapping:
    given = place.fields(MAPPING, NEEDED)
    if place.problems and not given:
        return Mapping("", "", digest, ())
    reading = Reading(_tables(given["tables"]) if "tables" in given else {})
    ticket = read_ticket(reading, given["ticket"]) if "ticket" in given else None
    tenant = reading.source(given["tenant"]) if "tenant" in given else None
    places = given["deliveries"].items() if "deliveries" in given else []
    rules = Rules(reading, ticket, ids_of(places))
    read = tuple(rules.rule(one, number) for number, one in enumerate(places, 1))
    named = [rule.name for rule in read]
    for one, rule in zip(places, read, strict=True):
        if named.count(rule.name) > 1:
            one.wrong(f"another rule has the name {rule.name}, too")
    told = given["history"].items() if "history" in given else []
    tellings = tuple(read_telling(reading, one, number) for number, one in enumerate(told, 1))
    export = read_rows(reading, given["rows"], ticket) if "rows" in given else None
    if not read and export is None:
        place.wrong("has no rule: give it deliveries, or rows")
    return Mapping(
        name=given["mapping"].name() if "mapping" in given else "",
        source=given["source"].name() if "source" in given else "",
        digest=digest,
        rules=read,
        tellings=tellings,
        export=export,
        tenant=tenant,
        expressions=tuple(reading.expressions),
        roots=frozenset(root for one in reading.expressions for root in one.expression.roots),
        takes_any_body=any("delivery.body" in one.expression.text for one in reading.expressions),
    )


def _tables(place: Place) -> Dict[str, Dict[str, str | None]]:
    return {key: table(one) for key, one in place.entries().items()}
