"""The README is short enough to be read to its end."""

from pathlib import Path

LINES = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").splitlines()


def test_it_has_at_most_120_lines_of_at_most_100_characters() -> None:
    assert len(LINES) <= 120
    assert [line for line in LINES if len(line) > 100] == []
