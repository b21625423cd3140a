"""The sample deliveries of tests/mapping/samples as a product sends them, and those that are wrong."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.instant import read_milliseconds
from tests.gateway.schemes import ENDPOINTS, sent_headers

SAMPLES = Path(__file__).parents[1] / "mapping" / "samples"
# The endpoints with samples, and whose: GitLab signs, or sends a token.
FOLDERS = {
    "zammad": "zammad",
    "zendesk": "zendesk",
    "jira": "jira",
    "gitlab": "gitlab",
    "gitlab-token": "gitlab",
    "chatwoot": "chatwoot",
    "glpi-ticket": "glpi",
    "servicenow": "servicenow",
    "freshdesk": "freshdesk",
    "frappe": "frappe",
    "generic": "generic",
}
ANY_BODY = ("generic",)  # an array is a body as well
PRODUCTS = tuple(FOLDERS)
CUT_OFF = b'{"ticket":{"id":31,"number":"22031","state":"op'


@dataclass(frozen=True)
class Sample:
    """One delivery, its answer, and how many new events it adds."""

    name: str
    endpoint: str
    body: bytes
    headers: dict[str, str]
    status: int
    new_events: int
    forged: bool = False

    def signed(self, at: int) -> dict[str, str]:
        """All its headers, when it is sent at an instant (ms)."""
        key = b"somebody else's" if self.forged else None
        return self.headers | sent_headers(ENDPOINTS[self.endpoint], self.body, at, key)


def samples(product: str) -> Iterator[Sample]:
    """The deliveries of a product in the order of their arrival, then one cut off and one forged."""
    rows = [
        json.loads(line)
        for line in (SAMPLES / FOLDERS[product] / "deliveries.jsonl").read_text().splitlines()
    ]
    for row in rows:
        body = json.dumps(row["body"], ensure_ascii=False).encode()
        dead = not isinstance(row["body"], dict) and product not in ANY_BODY
        headers = {"content-type": "application/json", **row["headers"]}
        endpoint = row.get("endpoint", product)
        yield Sample(row["n"], endpoint, body, headers, 202 if dead else 204, row["new_events"])
    first = next(row for row in rows if row["new_events"])
    yield Sample("cut off", product, CUT_OFF, dict(first["headers"]), 202, 0)
    body = json.dumps(first["body"], ensure_ascii=False).encode()
    yield Sample("forged", product, body, dict(first["headers"]), 401, 0, forged=True)


def expected(product: str) -> list[dict[str, Any]]:
    """The events that they give in the end, each identity once."""
    lines = (SAMPLES / FOLDERS[product] / "expected.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def differences(values: Iterable[bytes], wanted: Iterable[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """What is missing from structured events, and what they have besides; each identity counts once.

    The same identity with two contents is besides. `{"id_of": …}` stands for the id of another event.
    """
    contents: dict[tuple[str, str], set[str]] = {}
    ids: dict[tuple[str, str], str] = {}
    for value in values:
        event = json.loads(value)
        contents.setdefault((event["source"], event["id"]), set()).add(_line(event, event["data"]))
        ids[event["type"], event["subject"]] = event["id"]

    def named(value: Any) -> Any:
        if isinstance(value, dict) and "id_of" in value:
            other = value["id_of"]["type"], value["id_of"]["subject"]
            return ids.get(other, "never told")
        return value

    want = Counter(
        _line(event, {field: named(value) for field, value in event["data"].items()}) for event in wanted
    )
    got = Counter(line for lines in contents.values() for line in lines)
    return sorted((want - got).elements()), sorted((got - want).elements())


def _line(event: dict[str, Any], data: dict[str, Any]) -> str:
    said = {field: value for field, value in data.items() if field != "event_source"}
    at = read_milliseconds(event["time"])
    return json.dumps([event["type"], event["subject"], at, said], sort_keys=True, ensure_ascii=False)
