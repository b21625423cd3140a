"""YAML reader for files of people: every scalar stays the text in the file, every value has its line.

Scalars get no YAML type. So `no` is a region and not false, `1:30` is not 5400, and an instant keeps its
offset. The hash over a file does not depend on the YAML library. Aliases and tags are refused: the text of a
promise must stand where the promise is.
"""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from service.text.visible import visible

LARGEST_BYTES = 256 * 1024  # of one file
_DEEPEST = 12  # levels of nesting; a policy needs five
_NULLS = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class YamlNode:
    """A value of the file. `line`, from 1: the line of its field's name; of a list item, its own line."""

    value: "str | list[YamlNode] | dict[str, YamlNode] | None"  # None: left empty
    line: int


class NotReadError(ValueError):
    """The bytes are not a valid document. `line` is None when the whole file is meant."""

    def __init__(self, line: int | None, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.line, self.field, self.reason = line, field, reason


def read_document(raw: bytes) -> YamlNode:
    """Return the one document in `raw`. Raises NotReadError."""
    if len(raw) > LARGEST_BYTES:
        raise NotReadError(None, None, f"is larger than {LARGEST_BYTES // 1024} KiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise NotReadError(line, None, "is not UTF-8; save it as UTF-8") from None
    events = _events(text)
    if not isinstance(next(events), yaml.DocumentStartEvent):
        raise NotReadError(None, None, "is empty")
    root = _node(next(events), events, 1, 0)
    next(events)  # the document's end
    more = next(events)
    if isinstance(more, yaml.DocumentStartEvent):
        raise NotReadError(_line(more), None, "a second document begins; give each policy a file")
    return root


def canonical_json(document: Any) -> str:
    """Return the canonical JSON text of a content.

    It does not depend on the layout, comments, quotes and order of fields in the file.
    """
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def content(node: YamlNode) -> Any:
    """Return the content of the file without lines: texts, lists, dicts and None."""
    if isinstance(node.value, dict):
        return {key: content(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [content(child) for child in node.value]
    return node.value


def node_of(said: Any) -> YamlNode:
    """Return the document with a content, all of it on line 1: the reverse of `content`.

    Raises NotReadError when `said` is no content: a number, or nested too deep.
    """
    return _node_of(said, 0)


def _node_of(said: Any, depth: int) -> YamlNode:
    if depth == _DEEPEST:
        raise NotReadError(None, None, f"nests deeper than {_DEEPEST} levels")
    if isinstance(said, dict) and all(isinstance(key, str) for key in said):
        return YamlNode({key: _node_of(value, depth + 1) for key, value in said.items()}, 1)
    if isinstance(said, list):
        return YamlNode([_node_of(item, depth + 1) for item in said], 1)
    if said is None or isinstance(said, str):
        return YamlNode(said, 1)
    raise NotReadError(None, None, f"holds a {type(said).__name__}, where a file has a text")


def _events(text: str) -> Iterator[Any]:
    """Yield the parser's events without the stream's start. Raises NotReadError."""
    line = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = _line(event)
            if not isinstance(event, yaml.StreamStartEvent):
                yield event
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotReadError(line, None, f"has the character U+{error.character:04X}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = _one_line(error.problem or error.context or "unreadable")
        raise NotReadError(mark.line + 1 if mark else line, None, f"is no YAML: {reason}") from None
    # PyYAML's own conversions raise these, for example of "\UFFFFFFFF" and of %YAML with thousands of digits.
    except (ValueError, OverflowError):
        raise NotReadError(max(line, 1), None, "is no YAML: a number or escape too large") from None


def _node(event: Any, events: Iterator[Any], line: int, depth: int) -> YamlNode:
    here = _line(event)
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise NotReadError(here, None, "uses an anchor or alias; write the lines out")
    if event.tag:
        raise NotReadError(here, None, f"uses the tag {_one_line(event.tag)}; leave it out")
    if depth == _DEEPEST:
        raise NotReadError(here, None, f"nests deeper than {_DEEPEST} levels")
    if isinstance(event, yaml.ScalarEvent):
        return YamlNode(_scalar(event), line)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(_node(event, events, _line(event), depth + 1))
        return YamlNode(items, line)
    return YamlNode(_mapping(events, depth), line)


def _mapping(events: Iterator[Any], depth: int) -> dict[str, YamlNode]:
    fields: dict[str, YamlNode] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        line = _line(event)
        key = _node(event, events, line, depth + 1).value
        if not isinstance(key, str):
            raise NotReadError(line, None, "has a field whose name is no text")
        if key in fields:
            raise NotReadError(line, _one_line(key), f"is given twice, first on line {fields[key].line}")
        fields[key] = _node(next(events), events, line, depth + 1)
    return fields


def _scalar(event: yaml.ScalarEvent) -> str | None:
    if event.style is None and event.value in _NULLS:
        return None
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in event.value):
        raise NotReadError(_line(event), None, "has a text with a line break or control character")
    return str(event.value)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _one_line(text: str) -> str:
    return visible(text if len(text) <= 80 else text[:79] + "…")
