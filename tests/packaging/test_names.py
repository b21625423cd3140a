"""One word, one thing: a public type exists once, in the service and in the schemas together."""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOREIGN = {"ASGI", "H11Protocol", "AckPolicy"}  # of a library, or a standard


def test_no_two_public_types_have_one_name() -> None:
    places = defaultdict(list)
    for path in [*(ROOT / "service").rglob("*.py"), *(ROOT / "schemas").rglob("*.py")]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert len(places) > 200
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_what_a_docstring_refers_to_is_there() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "service").rglob("*.py")]
    there = {name for source in sources for name in re.findall(r"^class (\w+)", source, re.MULTILINE)}
    referred = {name for source in sources for name in re.findall(r"\b[Ss]ee ([A-Z]\w+)", source)}
    assert "Calendar" in referred
    assert referred - there - FOREIGN == set()
