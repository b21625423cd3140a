"""What others wrote cannot steer a terminal, and no character that is not seen makes two texts differ."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.visible import one_line, visible, visible_json

STEERS = ["\x1b", "\x9b", "\x00", "\x07", "\x08", "\t", "\n", "\r", "\x7f", "\x85", "\u2028", "\u2029"]
TURNS = ["\u061c", "\u200e", "\u200f", "\u202a", "\u202b", "\u202d", "\u202e", "\u202c", "\u2066", "\u2069"]
UNSEEN = ["\xad", "\u034f", "\u115f", "\u180e", "\u200b", "\u2060", "\u2800", "\u3164", "\ufe0f", "\ufeff"]
UNSEEN += ["\uffa0", "\U000e0041", "\U000e0100", "\ud800"]
ANYTHING = st.text(st.characters(exclude_categories=[]) | st.sampled_from(STEERS + TURNS + UNSEEN))


@pytest.mark.parametrize("character", STEERS + TURNS + UNSEEN, ids=lambda one: f"U+{ord(one):04X}")
def test_a_character_that_steers_turns_or_hides_is_written_out(character: str) -> None:
    assert visible(f"T{character}1") == f"T<U+{ord(character):04X}>1"


@pytest.mark.parametrize("text", ["T-1", "客户 42", "Ж", "café", "cafe\u0301", "ק", "🙂", "a b\u3000c", ""])
def test_letters_of_any_script_stay(text: str) -> None:
    assert visible(text) == text


@given(ANYTHING)
def test_nothing_in_it_steers_whatever_it_was(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert not [one for one in shown if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    shown.encode()


@given(ANYTHING)
def test_a_sentence_of_several_lines_is_one(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert one_line("two\nlines\r\nand one\u2028more\n") == "two lines and one more"


@given(st.recursive(ANYTHING, lambda inner: st.lists(inner) | st.dictionaries(ANYTHING, inner)))
def test_json_says_the_same_in_visible_characters(value: object) -> None:
    told = visible_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(told) == json.loads(json.dumps(value))
    assert len(told.splitlines()) <= 1
    assert visible(told) == told
