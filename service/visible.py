"""Text of others as one can see it: characters that show nothing are named by their code points."""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_NOTHING = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs")  # categories; no font knows Cn, Co and Cs
# Default_Ignorable_Code_Point of Unicode without those above; last, a Braille pattern without a dot.
_BLANK = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
        (0x2800, 0x2800),
    )
    for code in range(first, last + 1)
)


class Piece(NamedTuple):
    """A part of a text: as it is, or one character that shows nothing."""

    text: str
    hidden: bool

    @property
    def code(self) -> str:
        """`U+200B` of a hidden one."""
        return f"U+{ord(self.text):04X}"

    @property
    def name(self) -> str:
        """`ZERO WIDTH SPACE` of a hidden one, else its code."""
        return unicodedata.name(self.text, self.code)


def is_hidden(character: str) -> bool:
    """True when it shows nothing where it stands, or turns the text after it; a blank (U+0020) is seen."""
    if character.isascii():
        return not character.isprintable()
    return unicodedata.category(character) in _NOTHING or character in _BLANK


def pieces(text: str) -> Iterator[Piece]:
    """The text in order, cut before and after each hidden character."""
    if text.isascii() and text.isprintable():
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
    """`T⟨U+200B⟩-1`: nothing in it is hidden or turns it round. For one line of plain text."""
    return "".join(f"⟨{piece.code}⟩" if piece.hidden else piece.text for piece in pieces(text))


def turns(character: str) -> bool:
    """True for a character that is written from the right: it takes its neighbours with it."""
    return unicodedata.bidirectional(character) in ("R", "AL", "AN")
