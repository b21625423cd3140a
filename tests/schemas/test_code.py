"""Codes are made fit: three rows around every limit, and what is dropped."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.code import LONGEST, fit, is_absent


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("p1", "p1"),
        (" p1\t", "p1"),
        ("net work", "net_work"),
        ("net \t\u3000work", "net_work"),
        ("\u00a0a\u2003b\u205fc ", "a_b_c"),
        ("one two three", "one_two_three"),
        ("one two three four", None),
        (7, "7"),
        (-5, "-5"),
        (0, "0"),
        (True, None),
        (1.5, None),
        (1.0, None),
        (["p1"], None),
        ({"p": 1}, None),
        ("a@b", None),
        ("a\x07b", None),
        ("a\x1cb", None),
        ("a\x85b", "a_b"),  # whitespace for Unicode
        ("\ud800", None),
        ("x" * (LONGEST - 1), "x" * (LONGEST - 1)),
        ("x" * LONGEST, "x" * LONGEST),
        ("x" * (LONGEST + 1), None),
        (" " + "x" * LONGEST + " ", "x" * LONGEST),
        (10 ** (LONGEST - 1), "1" + "0" * (LONGEST - 1)),
        (10**LONGEST, None),
        ("网络 投诉", "网络_投诉"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_what_a_value_becomes(value: Any, code: str | None) -> None:
    assert fit(value) == code


def test_a_number_that_python_does_not_write_is_dropped() -> None:
    assert fit(10**5_000) is None


@pytest.mark.parametrize("value", [None, "", " ", "\u3000\t"])
def test_nothing_is_absent_and_not_dropped(value: str | None) -> None:
    assert is_absent(value)


@pytest.mark.parametrize("value", ["x", "@", 0, False, [], {}])
def test_anything_else_is_there(value: Any) -> None:
    assert not is_absent(value)


@given(st.text() | st.integers())
def test_what_was_made_fit_stays_as_it_is(value: Any) -> None:
    code = fit(value)
    assert code is None or fit(code) == code
