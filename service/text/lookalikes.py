"""Confusable text: letters of mixed scripts, letters that look like ASCII, and text that is not in NFC.

Unicode's UTS 39 is the reference. Its data on scripts and look-alikes come from `confusable-homoglyphs`.
Mixes that UTS 39 calls highly restrictive pass as one script: Latin with Chinese, Japanese or Korean, which
is usual there. Script extensions are not used: a mark or digit of several scripts counts for no script.
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
    """The kinds of oddities of a text."""

    MIXED = "mixed"
    LIKE = "like"
    DECOMPOSED = "decomposed"


class Oddity(NamedTuple):
    """One oddity of a text: a reason why it may be confused with another text."""

    kind: OddityKind
    scripts: tuple[str, ...] = ()  # of MIXED, as Unicode names them
    like: str = ""  # of LIKE: what it looks like


@lru_cache(maxsize=4_096)
def oddities(text: str) -> tuple[Oddity, ...]:
    """Return why the text may be confused with another. Hidden characters are ignored here: see `visible`."""
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
    """Return the Unicode name of a character's script: LATIN, HAN; COMMON when several scripts share it."""
    return str(categories.alias(character))


def _like(seen: list[str], scripts: set[str]) -> str | None:
    """Return the ASCII text that the characters look like; None when they look like none.

    Outside Latin and East Asian scripts, all letters must look like ASCII.
    """
    looks = [_ascii(character) for character in seen]
    if scripts - {"LATIN"} - _EAST_ASIAN and any(
        look is None and character.isalpha() for look, character in zip(looks, seen, strict=True)
    ):
        return None  # Москва has letters that do not look like Latin letters
    like = "".join(look or character for look, character in zip(looks, seen, strict=True))
    return like if like != "".join(seen) else None


@lru_cache(maxsize=8_192)
def _ascii(character: str) -> str | None:
    """Return the ASCII letter, digit or hyphen that a character looks like; None: it looks like none."""
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
