"""The examples as the service would judge them: line by line, in the order of the file."""

import json
from pathlib import Path

import msgspec

from service.events.announced import verdict
from service.events.structured import decode_json
from service.policy.directory import read_policies
from service.sla.announcement import BILLING, Announcement
from service.sla.tickets import ticket_partition

EXAMPLES = Path(__file__).parents[2] / "examples"
COMPLAINTS = EXAMPLES / "complaints.jsonl"
POLICY = EXAMPLES / "policy"
RETENTION = 35 * 86_400_000  # ms
GRACE = 1_000  # ms


def announced(until: int) -> list[Announcement]:
    """All that is announced up to `until` (ms), when each line comes as soon as its latest time allows."""
    partition = ticket_partition(read_policies(POLICY).policies, RETENTION)
    found: list[Announcement] = []
    at = 0
    for offset, line in enumerate(COMPLAINTS.read_bytes().splitlines()):
        arrival = decode_json(line)
        assert isinstance(arrival, tuple), arrival
        at = max(at, arrival[1].time)
        found += partition.step([arrival], at=at, now=at, offset=offset, grace=GRACE).announcements
    return found + partition.step([], at=until, now=until, offset=offset, grace=GRACE).announcements


def of_billing(announcements: list[Announcement]) -> list[tuple[str, dict[str, object]]]:
    """Type and data of what goes to sla.breaches, as a consumer reads them."""
    encoded = [(one.type, msgspec.json.encode(verdict(one))) for one in announcements if one.type in BILLING]
    return [(str(type_), json.loads(data)) for type_, data in encoded]
