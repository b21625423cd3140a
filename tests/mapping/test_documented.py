"""The examples of the reference of mapping files are mappings."""

import re

from service.mapping.expression import OF_DELIVERY
from service.mapping.mapping_file import MAPPING, read_mapping_bytes
from service.mapping.moment import UNITS
from service.mapping.rows_file import JOINED, ROW_RULE, ROWS
from service.mapping.rule_file import TELLING
from service.mapping.value_file import FIND, TESTS, TIME, VALUE
from tests.mapping.desks import ROOT

PAGE = (ROOT / "docs" / "reference" / "mapping-files.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
RULE = "    event: received\n    id: '{t}'\n    ticket: t\n"
TIMED = "    time: t\n"


def test_the_examples_can_be_read() -> None:
    sections = [block for block in BLOCKS if block.startswith(("deliveries:", "history:", "rows:"))]
    assert len(sections) == 3
    read_mapping_bytes("m", f"mapping: m\nsource: /s\nticket: issue.id\n{''.join(sections)}".encode())


def test_the_parts_of_a_rule_can_be_read() -> None:
    parts = [block for block in BLOCKS if block.startswith(("when:", "data:\n", "time:"))]
    assert len(parts) == 3
    for part in parts:
        inner = "".join(f"    {line}\n" for line in part.splitlines())
        rule = f"{RULE}{'' if part.startswith('time:') else TIMED}{inner}"
        text = f"mapping: m\nsource: /s\ntables: {{priorities: {{}}}}\ndeliveries:\n  - rule: r\n{rule}"
        read_mapping_bytes("m", text.encode())


def test_every_field_is_explained() -> None:
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    named = set(re.findall(r"`([^`\n]+)`", prose))
    words = {word for text in named for word in re.findall(r"[a-z_0-9]+", text)}
    fields = {
        *MAPPING,
        *ROWS,
        *ROW_RULE,
        *JOINED,
        *TELLING,
        *VALUE,
        *FIND,
        *TIME,
        *UNITS,
        *TESTS,
        *OF_DELIVERY,
    }
    assert fields - words == set()
