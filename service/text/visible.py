"""Untrusted text made visible: hidden and control characters are replaced by their code points.

These are controls such as ESC and the line break, marks that change the direction of writing, characters of
no width, and unpaired surrogates. Letters of any script and blanks of any width stay as they are.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_NOTHING = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")  # categories; no font knows Cn, Co and Cs
# Default_Ignorable_Code_Point of Unicode without those above; last, a Braille pattern without a dot.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef\u2800]"
)
_LINES = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")  # where str.splitlines breaks


class Piece(NamedTuple):
    """A part of a text: visible characters, or one hidden character."""

    text: str
    hidden: bool

    @property
    def code(self) -> str:
        """The code point of a hidden character, such as `U+200B`."""
        return f"U+{ord(self.text):04X}"

    @property
    def name(self) -> str:
        """The name of a hidden character, such as `ZERO WIDTH SPACE`, else its code point."""
        return unicodedata.name(self.text, self.code)


def is_hidden(character: str) -> bool:
    """True for a character that shows nothing, or changes the direction of the text after it."""
    return unicodedata.category(character) in _NOTHING or _BLANK.match(character) is not None


def pieces(text: str) -> Iterator[Piece]:
    """Yield the parts of the text in order, cut before and after each hidden character."""
    if _is_seen(text):
        if text:
            yield Piece(text, hidden=False)
        return
    begin = 0
    for place, character in enumerate(text):
        if is_hidden(character):
            if begin < place:
                yield Piece(text[begin:place], hidden=False)
            yield Piece(character, hidden=True)
            begin = place + 1
    if begin < len(text):
        yield Piece(text[begin:], hidden=False)


def visible(text: str) -> str:
    """Return the text with hidden characters as code points, `T<U+200B>-1`. For one line of plain text."""
    if _is_seen(text):
        return text
    return "".join(f"<{piece.code}>" if piece.hidden else piece.text for piece in pieces(text))


def one_line(text: str) -> str:
    """Return `text` made visible, with a space for each line break. For text that may have several lines."""
    return visible(text if _is_seen(text) else _LINES.sub(" ", text).strip(" "))


def visible_json(text: str) -> str:
    """Return a JSON text with hidden characters as JSON escapes. Its parsed value stays the same.

    The line breaks of an indented JSON text stay.
    """
    if _is_seen(text):
        return text
    return "".join(one if one == "\n" or not is_hidden(one) else _escape(one) for one in text)


def turns(character: str) -> bool:
    """True for a right-to-left character. It changes the direction of its neighbours, too."""
    return unicodedata.bidirectional(character) in ("R", "AL", "AN")


def _is_seen(text: str) -> bool:
    """True when no character of the text is hidden. Faster than a check of each character."""
    return text.isprintable() and (text.isascii() or not _BLANK.search(text))


def _escape(one: str) -> str:
    code = ord(one)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
