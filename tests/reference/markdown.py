"""Markdown as the reference pages are written: tables, and one sentence a line."""

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

COMMAND = "python -m tests.reference.generate"
WIDTH = 100  # characters of a line, but for tables
_END_OF_SENTENCE = re.compile(r"(?<=[.:])\s+(?=[A-Z`‘“])")


def page(title: str, source: str, *blocks: str) -> str:
    """A whole page; `source` names the code that it is generated from."""
    origin = f"Generated from {source}; do not edit it by hand.\n`{COMMAND}` writes it."
    return "\n\n".join([f"# {title}", origin, *blocks]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells may hold any text."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def code(text: object) -> str:
    """As code; nothing for nothing."""
    return f"`{text}`" if text not in (None, "") else ""


def codes(texts: Iterable[object]) -> str:
    """Several, with commas between."""
    return ", ".join(code(text) for text in texts)


def prose(docstring: str | None) -> str:
    """A docstring as paragraphs with one sentence a line, however a version of Python keeps its indents."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(docstring or ""))
    return "\n\n".join("\n".join(_sentences(" ".join(one.split()))) for one in paragraphs)


def _sentences(text: str) -> Iterator[str]:
    for sentence in _END_OF_SENTENCE.split(text):
        yield textwrap.fill(sentence, WIDTH, break_long_words=False, break_on_hyphens=False)
