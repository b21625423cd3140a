"""One word, one thing: a public type of the service exists once."""

import ast
from collections import defaultdict
from pathlib import Path

SERVICE = Path(__file__).parents[2] / "service"


def test_no_two_public_types_have_one_name() -> None:
    places = defaultdict(list)
    for path in SERVICE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(SERVICE)))
    assert len(places) > 200
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
