"""Texts that look like others: letters of several scripts, of another one, or not composed.

Unicode's UTS 39 is the reference; scripts and look-alikes are its data in `confusable-homoglyphs`. What
UTS 39 calls highly restrictive passes as one script: Latin with Chinese, Japanese or Korean, everyday
there. Script extensions are not looked at: a mark or digit that several scripts share counts for none.
"""

import unicodedata
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

from confusable_homoglyphs import categories

from service.text.visible import is_hidden

_OF_ALL = ("COMMON", "INHERITED", "Unknown")
_EAST_ASIAN = frozenset({"HAN", "BOPOMOFO", "HIRAGANA", "KATAKANA", "HANGUL"})
_TOGETHER = (
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
_SAME_IN_OTHER_CLOTHES = ("<wide>", "<font>")  # decompositions: Ｔ and 𝐓 are T


class OddityKind(StrEnum):
    """What is odd about a text."""

    MIXED = "mixed"
    LIKE = "like"
    DECOMPOSED = "decomposed"


class Oddity(NamedTuple):
    """One thing that is odd about a text."""

    kind: OddityKind
    scripts: tuple[str, ...] = ()  # of MIXED, as Unicode names them
    like: str = ""  # of LIKE: what it looks like


@lru_cache(maxsize=4_096)
def oddities(text: str) -> tuple[Oddity, ...]:
    """Why the text may be taken for another one. Hidden characters are not looked at: see `visible`."""
    if text.isascii():
        return ()
    found = []
    seen = [character for character in text if not is_hidden(character)]
    scripts = {script(character) for character in seen} - {*_OF_ALL}
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        found.append(Oddity(OddityKind.MIXED, scripts=tuple(sorted(scripts))))
    elif (like := _like(seen, scripts)) is not None:
        found.append(Oddity(OddityKind.LIKE, like=like))
    if not unicodedata.is_normalized("NFC", text):
        found.append(Oddity(OddityKind.DECOMPOSED))
    return tuple(found)


def script(character: str) -> str:
    """As Unicode names it: LATIN, HAN, or COMMON for what several scripts share."""
    return str(categories.alias(character))


def _like(seen: list[str], scripts: set[str]) -> str | None:
    """What the characters look like in ASCII; None when nothing, or not all letters of a script, do."""
    looks = [_ascii(character) for character in seen]
    if scripts - {"LATIN"} - _EAST_ASIAN and any(
        look is None and character.isalpha() for look, character in zip(looks, seen, strict=True)
    ):
        return None  # Москва has letters that nobody takes for Latin ones
    like = "".join(look or character for look, character in zip(looks, seen, strict=True))
    return like if like != "".join(seen) else None


@lru_cache(maxsize=8_192)
def _ascii(character: str) -> str | None:
    """The ASCII letter, digit or hyphen that it is taken for; None when it is taken for none."""
    if character.isascii():
        return character
    decomposed = unicodedata.decomposition(character)
    category = unicodedata.category(character)
    if category[0] not in "LN" and category != "Pd":
        return None
    if decomposed.startswith(_SAME_IN_OTHER_CLOTHES):
        plain = unicodedata.normalize("NFKC", character)
        return plain if plain.isascii() else None
    if script(character) in _EAST_ASIAN:
        return None
    return next((item["c"] for item in _confusables().get(character, ()) if _one_ascii(item["c"])), None)


def _one_ascii(text: str) -> bool:
    return len(text) == 1 and text.isascii() and (text.isalnum() or text == "-")


@cache
def _confusables() -> dict[str, list[dict[str, str]]]:
    from confusable_homoglyphs import confusables  # noqa: PLC0415 (8 MB that most processes never need)

    data: dict[str, list[dict[str, str]]] = confusables.confusables_data
    return data
