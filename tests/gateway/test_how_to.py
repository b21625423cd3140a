"""The configurations in the how-to are right, and the schema that editors use agrees with the checker."""

import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from service.errors import RefusalError
from service.gateway.gateway_file import read_sources
from service.gateway.gateway_schema import gateway_schema
from tests.gateway.configured import DESKS, MAPPINGS, write
from tests.gateway.schemes import SCHEMES

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "take-webhooks.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
SCHEMA = Draft202012Validator(gateway_schema())
NAMES = {  # endpoints of the how-to, and how the tests call what they are
    "zammad": "zammad",
    "zendesk": "zendesk",
    "jira": "jira",
    "gitlab": "standard webhooks",
    "gitlab-token": "gitlab, token",
    "chatwoot": "chatwoot",
    "glpi-ticket": "glpi",
    "freescout": "freescout",
    "frappe": "frappe",
    "servicenow": "basic",
}


def laid_out(folder: Path, block: str) -> Path:
    """The block as a file, with all that it names beside it."""
    path = folder / "gateway.yaml"
    path.write_text(block, encoding="utf-8")
    for source in yaml.safe_load(block)["sources"].values():
        for name in source.get("secrets", []):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("a2V5")
        mapping = folder / source["mapping"]
        mapping.parent.mkdir(exist_ok=True)
        mapping.write_bytes((MAPPINGS / "zammad.yaml").read_bytes())
    return path


@pytest.mark.parametrize("block", BLOCKS, ids=["zammad", "others"])
def test_every_configuration_of_the_how_to_is_right_off_loopback(tmp_path: Path, block: str) -> None:
    for endpoint, source in read_sources(laid_out(tmp_path, block), open_to_others=True).items():
        if endpoint in NAMES:
            assert source.proof == SCHEMES[NAMES[endpoint]].proof, endpoint
    assert SCHEMA.is_valid(yaml.safe_load(block))


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
