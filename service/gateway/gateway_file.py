"""Reader of the gateway's configuration: one file of sources, or a directory of such files.

How it works: a file maps each endpoint to its fields. Every problem of every file is noted with its file,
line and field, and all of them are told at once. A source refers to its mapping file and to its secrets by
paths from the directory of the file that names them.

What must never happen: that a source without a secret can be reached by others than this machine.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from service.errors import RefusalError
from service.gateway.proof_file import positive_duration, read_header, read_signature, read_token
from service.gateway.secret_file import SecretFile
from service.gateway.signature import Proof
from service.gateway.source import (
    DEFAULT_LIMIT_BYTES,
    DEFAULT_QUIET_MS,
    DELIVERY_IDS,
    MOST_BYTES,
    HookSource,
)
from service.mapping.mapping import Mapping as DeskMapping
from service.mapping.mapping_file import BadMapping, read_mapping
from service.strict_yaml.document import LARGEST_BYTES, NotReadError, read_document
from service.strict_yaml.place import BadFiles, Place, Problem, shown
from service.text.visible import visible

FILE = ("sources",)
SOURCE = (
    "mapping",
    "tenant",
    "signature",
    "token",
    "secrets",
    "limit",
    "quiet_after",
    "delivery_id",
)
MOST_SECRETS = 2  # at once: the old one and the new one
ENDPOINT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
SIZE = re.compile(r"([1-9][0-9]{0,8}) ?(B|KiB|MiB)")

_SUFFIXES = (".yaml", ".yml")
_UNITS = {"B": 1, "KiB": 1024, "MiB": 1024 * 1024}


class _Terms(NamedTuple):
    open_to_others: bool
    with_secrets: bool


def read_sources(path: Path, *, open_to_others: bool, with_secrets: bool = True) -> dict[str, HookSource]:
    """Return the sources of a file, or of all *.yaml and *.yml files of a directory, by endpoint.

    `open_to_others`: the gateway can be reached from other machines. `with_secrets`: the files of the secrets
    are read, too. Raises RefusalError with a line for
    each problem of every file.
    """
    problems: list[str] = []
    sources: dict[str, HookSource] = {}
    places: dict[str, str] = {}
    for file in _files(path):
        for place, source in _read(file, problems, _Terms(open_to_others, with_secrets)):
            if source.endpoint in sources:
                place.wrong(f"is already in {places[source.endpoint]}; each endpoint has one source")
                problems.append(str(place.problems[-1]))
                continue
            sources[source.endpoint] = source
            places[source.endpoint] = f"{place.file}:{place.node.line}"
    if problems:
        raise RefusalError("\n".join(problems))
    return sources


def _files(path: Path) -> list[Path]:
    """Return the files to read. Raises RefusalError."""
    if path.is_file():
        return [path]
    try:
        found = sorted(
            one for one in path.iterdir() if one.suffix in _SUFFIXES and not one.name.startswith(".")
        )
    except OSError as error:
        raise BadFiles([Problem(str(path), None, None, f"cannot be read: {error.strerror}")]) from None
    if not found:
        raise BadFiles([Problem(str(path), None, None, "has no file of sources (*.yaml)")])
    return found


def _read(file: Path, problems: list[str], terms: _Terms) -> Iterator[tuple[Place, HookSource]]:
    """Yield the sources of a file, each with its place. Add every problem to `problems`."""
    try:
        with file.open("rb") as opened:
            root = read_document(opened.read(LARGEST_BYTES + 1))
    except NotReadError as error:
        problems.append(str(Problem(str(file), error.line, error.field, error.reason)))
        return
    except OSError as error:
        problems.append(str(Problem(str(file), None, None, f"cannot be read: {error.strerror or error}")))
        return
    whole = Place(visible(str(file)), root, "", [])
    given = whole.fields(FILE, needed=FILE)
    if "sources" in given:
        entries = given["sources"].entries()
        if not entries and isinstance(given["sources"].node.value, dict):
            given["sources"].wrong("must not be empty")
        for endpoint, place in entries.items():
            before = len(whole.problems)
            reader = _SourceReader(place, endpoint, file.parent, terms)
            source = reader.source(problems)
            if source is not None and len(whole.problems) == before:
                yield place, source
    ordered = sorted(whole.problems, key=lambda problem: problem.line or 0)
    problems += [line for line in map(str, ordered) if line not in problems]


class _SourceReader:
    """Reads one source. Its problems go to those of its place."""

    def __init__(self, place: Place, endpoint: str, folder: Path, terms: _Terms) -> None:
        self._place, self._endpoint, self._folder = place, endpoint, folder
        self._terms = terms
        self._given = place.fields(SOURCE, needed=("mapping",))

    def source(self, problems: list[str]) -> HookSource | None:
        """Return the source; None: it cannot be read. What a mapping file refuses goes to `problems`."""
        if not ENDPOINT.fullmatch(self._endpoint):
            self._place.wrong(
                "is no endpoint: 1 to 64 small letters, digits, - and _, the first a letter or digit"
            )
        mapping = self._mapping(problems)
        proof = self._proof()
        secrets = self._secrets(proof)
        tenant = self._given["tenant"].name() if "tenant" in self._given else "default"
        limit = _read_as(self._given, "limit", _size, DEFAULT_LIMIT_BYTES)
        quiet = _read_as(self._given, "quiet_after", positive_duration, DEFAULT_QUIET_MS)
        ids = (
            (read_header(self._given["delivery_id"]).lower(),)
            if "delivery_id" in self._given
            else DELIVERY_IDS
        )
        if mapping is None:
            return None
        return HookSource(self._endpoint, mapping, tenant, proof, secrets, limit, quiet, ids)

    def _mapping(self, problems: list[str]) -> DeskMapping | None:
        named = self._given["mapping"].text() if "mapping" in self._given else ""
        if not named:
            return None
        try:
            mapping = read_mapping(self._folder / named)
        except BadMapping as bad:
            if [problem.line for problem in bad.problems] == [None]:
                why = (
                    f"cannot be read: {bad.problems[0].reason}; a path is from the directory of this file on"
                )
                self._given["mapping"].wrong(f"{shown(named)} {why}")
            else:
                problems += [line for line in map(str, bad.problems) if line not in problems]
            return None
        if not mapping.rules:
            self._given["mapping"].wrong(f"{shown(named)} has no deliveries; it reads exports only")
        return mapping

    def _proof(self) -> Proof | None:
        if "signature" in self._given and "token" in self._given:
            self._given["token"].wrong("stands beside signature; a source has one of them")
            return None
        if "signature" in self._given:
            return read_signature(self._given["signature"])
        if "token" in self._given:
            return read_token(self._given["token"])
        return None

    def _secrets(self, proof: Proof | None) -> tuple[SecretFile, ...]:
        if "secrets" not in self._given:
            if proof is not None:
                self._place.wrong("has no secrets; name the file of its secret")
            elif self._terms.open_to_others:
                self._place.wrong(
                    "has no signature or token with its secrets, and the gateway can be reached by others"
                )
            return ()
        place = self._given["secrets"]
        if proof is None:
            if not {"signature", "token"} & self._given.keys():
                place.wrong("stands without signature or token; say how they prove who sent a delivery")
            return ()
        items = place.one_or_more()
        if len(items) > MOST_SECRETS:
            place.wrong(f"names more than {MOST_SECRETS} files: an old and a new one are enough")
        files = [SecretFile(self._folder / item.text(), proof.key_encoding) for item in items if item.text()]
        for item, file in zip(items, files, strict=False) if self._terms.with_secrets else ():
            try:
                file.key()
            except RefusalError as error:
                item.wrong(str(error))
        return tuple(files)


def _read_as(given: Mapping[str, Place], name: str, reader: Any, otherwise: int) -> int:
    found: int = given[name].read(reader, otherwise) if name in given else otherwise
    return found


def _size(text: str) -> int:
    found = SIZE.fullmatch(text)
    if not found:
        raise ValueError("is no size such as 512KiB or 1MiB")
    size = int(found[1]) * _UNITS[found[2]]
    if size > MOST_BYTES:
        raise ValueError(f"is more than {MOST_BYTES // _UNITS['MiB']}MiB")
    return size
