"""What of a text cannot be seen, and what looks like another text."""

import unicodedata

import pytest

from service.text.foreign import boxed, plain, theirs
from service.text.lookalikes import Oddity, OddityKind, oddities
from service.text.visible import is_hidden, pieces, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("T-1", "T-1"),
        ("a b", "a b"),
        ("工单-7，上海", "工单-7，上海"),
        ("Zoë", "Zoë"),
        ("", ""),
        ("T\u200b-1", "T<U+200B>-1"),
        ("\u202eabc", "<U+202E>abc"),
        ("a\u00a0b\u3000c", "a\u00a0b\u3000c"),
        ("a\tb\x00\x1b\x7f\x9b", "a<U+0009>b<U+0000><U+001B><U+007F><U+009B>"),
        ("a\u2028b", "a<U+2028>b"),
        ("❤\ufe0f", "❤<U+FE0F>"),
        ("a\U000e0041", "a<U+E0041>"),
        ("\u2800\u3164\uffa0\u115f\u034f", "<U+2800><U+3164><U+FFA0><U+115F><U+034F>"),
        ("\ue000\ud800\uffff", "<U+E000><U+D800><U+FFFF>"),
    ],
)
def test_what_shows_nothing_is_named(text: str, seen: str) -> None:
    assert visible(text) == seen
    assert "".join(piece.text for piece in pieces(text)) == text


def test_no_character_of_unicode_stays_hidden() -> None:
    """By the categories that Python knows; a combining mark is seen on the character before it."""
    hidden = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
    for character in map(chr, range(0x110000)):
        assert is_hidden(character) or unicodedata.category(character) not in hidden


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("T-1", []),
        ("Zoë-7", []),
        ("工单ABC-1", []),
        ("ァイスクリーム-アイス東京", []),
        ("서울-Seoul", []),
        ("Москва", []),
        ("Ωmega"[1:], []),
        ("Tе-1", [Oddity(OddityKind.MIXED, ("CYRILLIC", "LATIN"))]),
        ("工单Тe", [Oddity(OddityKind.MIXED, ("CYRILLIC", "HAN", "LATIN"))]),
        ("한글ァ", [Oddity(OddityKind.MIXED, ("HANGUL", "KATAKANA"))]),
        ("\u0422-1", [Oddity(OddityKind.LIKE, like="T-1")]),
        ("АВС", [Oddity(OddityKind.LIKE, like="ABC")]),
        ("\uff34-1", [Oddity(OddityKind.LIKE, like="T-1")]),
        ("\U0001d413-\uff11", [Oddity(OddityKind.LIKE, like="T-1")]),
        ("T\u20101", [Oddity(OddityKind.LIKE, like="T-1")]),
        ("工单Ｔ", [Oddity(OddityKind.LIKE, like="工单T")]),
        ("cafe\u0301", [Oddity(OddityKind.DECOMPOSED)]),
        ("caf\u00e9", []),
        ("T\u200b-1", []),  # hidden, which is another matter
    ],
)
def test_what_looks_like_another_text_is_told(text: str, found: list[Oddity]) -> None:
    assert list(oddities(text)) == found


def test_a_text_of_theirs_is_isolated_and_every_mark_says_why() -> None:
    assert theirs("T-1", "en") == "<bdi>T-1</bdi>"
    assert theirs("<b>&", "en") == "<bdi>&lt;b&gt;&amp;</bdi>"
    assert theirs("T\u200b", "en") == (
        '<bdi>T<span class="hidden-char" title="not visible: ZERO WIDTH SPACE">U+200B</span></bdi>'
    )
    assert theirs("Tе", "en").endswith(
        '<span class="odd" title="letters of several scripts: Cyrillic, Latin">Cyrillic + Latin</span>'
    )
    assert theirs("Tе", "zh").endswith('title="混用多种文字：西里尔, 拉丁">西里尔 + 拉丁</span>')
    assert 'title="looks like T-1 and is not">not T-1<' in theirs("\u0422-1", "en")
    assert ">not NFC<" in theirs("cafe\u0301", "en")


def test_letters_from_the_right_take_nothing_around_them_along() -> None:
    assert plain("שלום-1", "en") == "\u2068שלום-1\u2069"
    assert boxed("F1 region=שלום (x) <", "en") == "F1 <bdi>region=שלום</bdi> (x) &lt;"
