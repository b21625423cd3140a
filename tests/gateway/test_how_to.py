"""The how-to pages of help desks are right, and the schema that editors use agrees with the checker."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from service.errors import RefusalError
from service.gateway.gateway_file import read_sources
from service.gateway.gateway_schema import gateway_schema
from service.mapping.mapping_file import read_mapping, read_mapping_bytes
from tests.gateway.configured import DESKS, MAPPINGS, write
from tests.gateway.schemes import SCHEMES

DOCS = Path(__file__).parents[2] / "docs"
COMMON = DOCS / "how-to" / "take-webhooks.md"
OF_DESKS = sorted((DOCS / "how-to").glob("connect-*.md"))
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
SCHEMA = Draft202012Validator(gateway_schema())
NAMES = {  # endpoints of the pages, and how the tests call what they are
    "zammad": "zammad",
    "zendesk": "zendesk",
    "jira": "jira",
    "gitlab": "standard webhooks",
    "gitlab-token": "gitlab, token",
    "chatwoot": "chatwoot",
    "glpi-ticket": "glpi",
    "freescout": "freescout",
    "frappe": "frappe",
    "freshdesk": "freshdesk",
    "servicenow": "basic",
}


def blocks(page: Path, language: str, *begins: str) -> list[str]:
    """The blocks of a page in a language that begin so."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for of, text in found if of == language and (not begins or text.startswith(begins))]


def named(page: Path) -> str:
    return page.stem


CONFIGURED = [
    pytest.param(block, id=f"{named(page)} {number}")
    for page in (COMMON, *OF_DESKS)
    for number, block in enumerate(blocks(page, "yaml", "sources:"), 1)
]
each_page = pytest.mark.parametrize("page", OF_DESKS, ids=named)


def laid_out(folder: Path, block: str) -> Path:
    """The block as a file, with all that it names beside it; a mapping that is not shipped is Zammad's."""
    path = folder / "gateway.yaml"
    path.write_text(block, encoding="utf-8")
    for source in yaml.safe_load(block)["sources"].values():
        for name in source.get("secrets", []):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("a2V5")
        mapping = folder / source["mapping"]
        mapping.parent.mkdir(exist_ok=True)
        shipped = MAPPINGS / mapping.name
        mapping.write_bytes((shipped if shipped.exists() else MAPPINGS / "zammad.yaml").read_bytes())
    return path


@pytest.mark.parametrize("block", CONFIGURED)
def test_every_configuration_of_a_page_is_right_off_loopback(tmp_path: Path, block: str) -> None:
    for endpoint, source in read_sources(laid_out(tmp_path, block), open_to_others=True).items():
        if endpoint in NAMES:
            assert source.proof == SCHEMES[NAMES[endpoint]].proof, endpoint
    assert SCHEMA.is_valid(yaml.safe_load(block))


@each_page
def test_the_page_of_a_desk_configures_it(page: Path) -> None:
    assert blocks(page, "yaml", "sources:")


@each_page
def test_the_page_of_a_desk_is_linked(page: Path) -> None:
    assert f"how-to/{page.name}" in (DOCS / "index.md").read_text(encoding="utf-8")
    assert f"({page.name})" in COMMON.read_text(encoding="utf-8")


@each_page
def test_every_part_of_a_mapping_on_the_page_can_be_read(page: Path) -> None:
    for block in blocks(page, "yaml", "deliveries:", "history:", "rows:", "tables:"):
        rule = "" if "deliveries:" in block else RULE
        read_mapping_bytes("m", f"mapping: m\nsource: /s\nticket: t\n{rule}{block}".encode())


@each_page
def test_every_kind_that_the_mapping_gives_is_in_the_tables_of_the_page(page: Path) -> None:
    desk = page.stem.removeprefix("connect-")
    path = MAPPINGS / f"{'generic' if desk == 'anything' else desk}.yaml"
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    ours = [row.split("|", 2)[2] for row in rows]  # the first column is what the desk calls it
    told = {word for cells in ours for word in re.findall(r"`(?:complaint\.)?([a-z_]+)`", cells)}
    given = {event.word for rule in read_mapping(path).rules for event in rule.event_rules}
    assert given - told == set()


RULE = "deliveries: [{event: closed, id: '{t}', time: t}]\n"


def test_the_record_of_glpi_gives_what_its_page_says() -> None:
    page = DOCS / "how-to" / "connect-glpi.md"
    (document,) = map(json.loads, blocks(page, "json"))
    by = read_mapping(MAPPINGS / "glpi.yaml")
    events = [event for part in by.of_history(document) for event in part.events]
    assert [event["id"] for event in events] == [
        f"ticket/81/2/2026-03-03T00:10:00.000Z/{kind}" for kind in ("response_started", "reopened", "resumed")
    ]
    (shown,) = blocks(page, "yaml", "history:")
    (part,) = yaml.safe_load(shown)["history"]
    shipped = yaml.safe_load((MAPPINGS / "glpi.yaml").read_text(encoding="utf-8"))["history"]
    assert part in shipped


WRONG = (
    ("no mapping", "tenant: acme\n"),
    ("unknown field", DESKS["zammad"] + "tenat: acme\n"),
    ("two proofs", DESKS["zammad"] + "token: {{header: X}}\n"),
    ("no secrets", DESKS["zammad"].replace("secrets: [zammad.secret]\n", "")),
    ("unknown algorithm", DESKS["zammad"].replace("sha1,", "md5,")),
    ("body not signed", DESKS["zammad"].replace("[body]", "[bodi]")),
    ("no size", DESKS["zammad"] + "limit: 1MB\n"),
    ("no header", DESKS["zammad"] + "delivery_id: a b\n"),
)


@pytest.mark.parametrize("fields", [fields for _, fields in WRONG], ids=[name for name, _ in WRONG])
def test_what_the_schema_refuses_the_checker_refuses_as_well(tmp_path: Path, fields: str) -> None:
    path = write(tmp_path, {"desk": fields})
    assert not SCHEMA.is_valid(yaml.safe_load(path.read_text()))
    with pytest.raises(RefusalError):
        read_sources(path, open_to_others=False)


def test_the_schema_accepts_what_the_checker_accepts(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert read_sources(path, open_to_others=True)
    assert SCHEMA.is_valid(yaml.safe_load(path.read_text()))
