"""Figures as people and programs read them."""

import json

import pytest

from bench.result import Figure, ratio, save, shown, table


@pytest.mark.parametrize(
    ("number", "text"),
    [(31_449, "31,400"), (999.6, "1,000"), (12.34, "12.3"), (0.5612, "0.561"), (1_234_567, "1,230,000")],
)
def test_three_digits_count(number, text):
    assert shown(number) == text


@pytest.mark.parametrize(
    ("bar", "met"), [("≥ 2", True), ("≥ 2.1", False), ("≤ 2", True), ("≤ 1.9", False), ("", None)]
)
def test_the_median_is_held_against_the_bar(bar, met):
    assert Figure("x", "s", [9, 1, 2], bar).met is met


def test_a_ratio_is_taken_run_by_run():
    assert ratio("x", Figure("a", "", [10, 30]), Figure("b", "", [5, 10])).values == [2, 3]


def test_a_bar_that_is_missed_stands_out(tmp_path):
    figures = [Figure("x", "s", [9, 1, 2], "≤ 1")]

    assert table("row", figures).split() == ["row", "x", "2", "s", "(1", "…", "9)", "≤", "1", "NO"]
    assert json.loads(save(tmp_path, "row", figures, {"cores": 2}).read_text())["figures"][0]["met"] is False
