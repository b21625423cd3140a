"""What the documents call by name is there: files, and names of code in them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = ("service", "schemas", "tests", "bench", "examples", "deploy", "policies", "mappings")
# Of the library, of Kafka, of the C library, of help desks; of what a decision says that is gone.
FOREIGN = {
    "SLA_TIMER_",
    "InitProducerId",
    "abort_transaction",
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_MMAP_THRESHOLD_",
    "after_cursor",
    "after_insert",
    "db_set",
    "on_trash",
}
GONE = {"0011-shortcut-beside-the-judge.md"}
MADE = ("build/", "/")  # files that a command makes, and paths of HTTP

QUOTED = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)+\.(?:py|md|ya?ml|jsonl?|csv|toml|js)")
# CamelCase, snake_case, CONSTANT_CASE: what is hardly a word of anything but code.
NAME = re.compile(r"\b(?:[A-Z][a-z]+[A-Z]\w*|[a-z]+_[a-z_]+|[A-Z]+_[A-Z_]+)\b")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# "`name`, `name` in `file`"
PLACED = re.compile(r"((?:`[\w.]+`(?:, | and )?)+)\s+(?:in|of) `((?:service|schemas|tests)/[\w/]+\.py)`")


def quoted(document: Path) -> list[tuple[int, str]]:
    lines = enumerate(document.read_text(encoding="utf-8").splitlines(), start=1)
    return [(number, text) for number, line in lines for text in QUOTED.findall(line)]


@pytest.fixture(scope="module")
def words() -> set[str]:
    files = [path for top in CODE for path in (ROOT / top).rglob("*") if path.is_file()]
    files += [ROOT / name for name in ("pyproject.toml", "Makefile", "docker-compose.yml", ".ci/run")]
    found = {word for path in files for word in WORD.findall(path.stem)}
    for path in files:
        if path.suffix not in (".pyc", ".gz", ".png", ".woff2"):
            found.update(WORD.findall(path.read_text(encoding="utf-8", errors="replace")))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    named = [(line, text) for line, text in quoted(document) if FILE.fullmatch(text)]
    there = (ROOT, ROOT / "docs", document.parent)
    missing = [
        (line, text)
        for line, text in named
        if not text.startswith(MADE)
        and not re.search("[A-Z]{3}", text)  # a place for a name
        and not any((base / text).exists() for base in there)
    ]
    assert not missing


@pytest.mark.parametrize(
    "document",
    [path for path in DOCUMENTS if path.name not in GONE],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_name_of_code_in_a_document_is_in_the_code(document: Path, words: set[str]) -> None:
    named = [(line, name) for line, text in quoted(document) for name in NAME.findall(text)]
    assert [(line, name) for line, name in named if name not in words | FOREIGN] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_name_is_in_the_file_that_a_document_says(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    placed = [(name, file) for names, file in PLACED.findall(text) for name in re.findall(r"[\w.]+", names)]
    astray = [
        (name, file)
        for name, file in placed
        for last in [name.rsplit(".", 1)[-1]]
        if not re.search(rf"\b{last}\b", (ROOT / file).read_text(encoding="utf-8"))
    ]
    assert astray == []
