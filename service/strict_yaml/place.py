"""A place in a YAML file, and its problems: each a line with file, line, field and reason."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from schemas.code import fit
from service.errors import RefusalError
from service.strict_yaml.document import YamlNode
from service.text.visible import visible

_NAME = re.compile(r"[^\s@\x00-\x1f\x7f-\x9f]{1,128}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MOST = 100  # problems noted per file

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a file, and its place."""

    file: str
    line: int | None
    field: str | None
    reason: str

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        field = f" {self.field}:" if self.field else ""
        return visible(f"{self.file}{line}:{field} {self.reason}")


class BadFiles(RefusalError):
    """Files cannot be used. The text has a line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Place:
    """A value and its field's path. Problems are added to `problems`; reading goes on with a stand-in."""

    file: str
    node: YamlNode
    field: str
    problems: list[Problem]

    def wrong(self, reason: str) -> None:
        """Add a problem at this place."""
        problem = Problem(self.file, self.node.line, self.field or None, reason)
        if not self._enough and problem not in self.problems:
            self.problems.append(problem)

    def text(self) -> str:
        """Return the text at this place, or '' when it is no text."""
        if isinstance(self.node.value, str) and self.node.value:
            return self.node.value
        self.wrong(f"must be a text, not {_form(self.node)}")
        return ""

    def read(self, reader: Callable[[str], T], otherwise: T) -> T:
        """Return what `reader` makes of the text, else `otherwise`. A ValueError of it becomes a problem."""
        text = self.text()
        try:
            return reader(text) if text else otherwise
        except ValueError as error:
            self.wrong(f"{shown(text)} {error}")
            return otherwise

    def name(self) -> str:
        """Return the text at this place. It must be a name that may also stand in a topic's keys."""
        return self.read(name, "")

    def code(self) -> str:
        """Return the text at this place, made fit as codes of events are."""
        return self.read(_code, "")

    def plain_name(self) -> str:
        """Return the text at this place. It must be a name of a clock or level."""
        return self.read(plain_name, "")

    def one_of(self, choices: Collection[str], what: str) -> str | None:
        """Return the text at this place when it is one of `choices`, else None and add a problem."""
        text = self.text()
        if text in choices:
            return text
        if text and not self._enough:
            self.wrong(f"{shown(text)} is {what}{suggestion(text, choices)}")
        return None

    def items(self) -> "list[Place]":
        """Return the places of a list."""
        if not isinstance(self.node.value, list):
            self.wrong(f"must be a list, [like, this], not {_form(self.node)}")
            return []
        return [self._at(item, f"{self.field}[{index}]") for index, item in enumerate(self.node.value)]

    def one_or_more(self) -> "list[Place]":
        """Return the places of a list, which must not be empty, or this place itself."""
        items = self.items() if isinstance(self.node.value, list) else [self]
        if not items:
            self.wrong("must not be an empty list")
        return items

    def entries(self) -> "dict[str, Place]":
        """Return the places of a mapping with arbitrary names."""
        if not isinstance(self.node.value, dict):
            self.wrong(f"must be a mapping, {{like: this}}, not {_form(self.node)}")
            return {}
        return {key: self._at(child, self._path(key)) for key, child in self.node.value.items()}

    def fields(self, known: Sequence[str], needed: Collection[str] = ()) -> "dict[str, Place]":
        """Return the places of a mapping. Its names must be among `known`, and include all of `needed`."""
        given = self.entries()
        for key, place in given.items():
            if key not in known and not self._enough:
                place.wrong(f"no such field{suggestion(key, known)}")
        if isinstance(self.node.value, dict):
            for key in known:
                if key in needed and key not in given:
                    self._at(YamlNode(None, self.node.line), self._path(key)).wrong("is missing")
        return given

    @property
    def _enough(self) -> bool:
        return len(self.problems) >= _MOST

    def _path(self, key: str) -> str:
        return f"{self.field}.{shorter(key)}" if self.field else shorter(key)

    def _at(self, node: YamlNode, field: str) -> "Place":
        return Place(self.file, node, field, self.problems)


def name(text: str) -> str:
    """Return `text` when it is valid as an id or code. Raises ValueError."""
    if not _NAME.fullmatch(text):
        raise ValueError("must have 1 to 128 characters, none of them a space, @ or a control character")
    return text


def _code(text: str) -> str:
    found = fit(text)
    if found is None:
        raise ValueError("is no code of 1 to 64 characters and at most three words, without @")
    return found


def plain_name(text: str) -> str:
    """Return `text` when it is valid as the name of a clock or level: all visible. Raises ValueError."""
    if not _PLAIN_NAME.fullmatch(text):
        raise ValueError(
            "must have 1 to 128 characters, each a letter from A to Z or a to z, a digit, - or _"
        )
    return text


def suggestion(text: str, choices: Collection[str]) -> str:
    """Return a suggestion in place of `text`, as the end of a sentence."""
    near = get_close_matches(text, choices, n=1) if len(text) <= 64 else []
    return f"; did you mean {near[0]}?" if near else f"; it is one of {', '.join(choices)}"


def shown(text: str) -> str:
    """Return `text` as a problem quotes it."""
    return f"“{shorter(text)}”"


def shorter(text: str) -> str:
    """Return `text` on one line, cut to 60 characters."""
    return visible(text if len(text) <= 60 else text[:59] + "…")


def _form(node: YamlNode) -> str:
    if node.value is None:
        return "left empty"
    if node.value == "":
        return "an empty text"
    return {str: "a text", list: "a list", dict: "a mapping"}[type(node.value)]
