"""The map of the code leads where it says, and the list of places with the grace is whole."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAP = (ROOT / "docs" / "reference" / "code-map.md").read_text(encoding="utf-8")
GRACE = (ROOT / "docs" / "explanation" / "watermark-and-grace.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`]+)`")
# Added to an instant or taken from one; not the words of a comment or of a text.
WITH_GRACE = re.compile(r"[-+] *[\w.]*grace\b(?! [a-z])|\bgrace *[-+] ")


def rows(text: str) -> list[tuple[str, str]]:
    found = [line.strip("| ").split(" | ", 1) for line in text.splitlines() if line.startswith("| ")]
    return [(cells[0], cells[1]) for cells in found if len(cells) == 2]


QUESTIONS = dict(rows(MAP.partition("## The tree")[0])[1:])


@pytest.mark.parametrize(("question", "place"), QUESTIONS.items(), ids=QUESTIONS)
def test_every_name_stands_in_the_file_that_is_named_with_it(question: str, place: str) -> None:
    for part in place.split(";"):
        names = [name for name in CODE.findall(part) if "/" not in name and not name.startswith("make ")]
        files = [ROOT / name for name in CODE.findall(part) if "/" in name]
        assert all(file.exists() for file in files), part
        for name in names:
            assert any(re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")) for file in files), name


RECIPES = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8").partition("## Recipes")[2]


@pytest.mark.parametrize(
    "step", re.findall(r"^(?:\d\. |   )(`[^`]+\.py`: .*(?:\n   (?!`).*)*)", RECIPES, re.MULTILINE)
)
def test_every_name_of_a_recipe_stands_in_its_file(step: str) -> None:
    """A step begins with the file; names up to the next file, and of one sentence, are of it."""
    file, *names = CODE.findall(step.partition(". ")[0].partition(".\n")[0])
    text = "" if file == "service/cli/NOUN.py" else (ROOT / file).read_text(encoding="utf-8")
    for name in names:
        if name.isidentifier() and (name[0] == "_" or name[0].isupper()):
            assert re.search(rf"\b{name}\b", text), f"{file}: {name}"


def test_the_grace_is_added_where_the_page_says_and_nowhere_else() -> None:
    table = GRACE.partition("The grace enters the code in these places:")[2].partition("\n\n## ")[0]
    listed = {name for name in CODE.findall(table) if name.startswith("service/")}
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "service").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if WITH_GRACE.search(line.partition("#")[0]) and not {'"', "`"} & set(line)
    }
    assert found == listed
