"""Which records are read again for a ticket, and which rejected ones are of it."""

import json
from typing import Any

import pytest

from service.kafka.client.groupless_consumer import OffsetSpan
from service.kafka.topics.rejected import RejectedRecord
from service.kafka.topics.ticket_records import _is_of, _pieces

SPANS = {0: OffsetSpan(100, 2_000), 1: OffsetSpan(0, 10)}


@pytest.mark.parametrize(
    ("wanted", "pieces"),
    [
        ([], []),
        ([(0, 99)], []),  # retention took it away
        ([(0, 100)], [(0, (100, 101))]),
        ([(0, 1_999)], [(0, (1_999, 2_000))]),
        ([(0, 2_000)], []),
        ([(2, 0)], []),  # the topic has no such partition
        ([(0, 300), (0, 100)], [(0, (100, 301))]),  # near: read in one go
        ([(0, 301), (0, 100)], [(0, (100, 302))]),
        ([(0, 302), (0, 100)], [(0, (100, 101)), (0, (302, 303))]),
        ([(0, 100), (1, 9), (1, 3)], [(0, (100, 101)), (1, (3, 10))]),
    ],
)
def test_records_are_read_at_their_offsets_those_near_each_other_together(
    wanted: list[tuple[int, int]], pieces: list[tuple[int, tuple[int, int]]]
) -> None:
    assert [(partition, tuple(span)) for partition, span in _pieces(wanted, SPANS)] == pieces


def event(subject: str = "T1", **more: Any) -> bytes:
    return json.dumps({"specversion": "1.0", "subject": subject, **more}).encode()


def aside(key: bytes | None, value: bytes | None, **headers: str) -> RejectedRecord:
    given = [(name, text.encode()) for name, text in headers.items()]
    return RejectedRecord(0, 0, 0, "bad_field", None, "", "in", 0, 0, key, value, given, None)


@pytest.mark.parametrize(
    ("record", "ours"),
    [
        (aside(b"T1", b"no JSON"), True),
        (aside(b"T1", None), True),
        (aside(b"T1", event()), True),
        (aside(b"T1", event(tenant="default")), True),
        (aside(b"T1", event(tenant="acme")), False),
        (aside(b"T1", event(tenant=7)), True),  # nobody knows the tenant
        (aside(b"T11", event("T11")), False),
        (aside(b"T2", b"no JSON"), False),
        (aside(b"T2", event()), True),  # its key is not its subject
        (aside(b"T2", event(tenant="acme")), False),
        (aside(b"T2", event("T2", note="T1")), False),
        (aside(None, None), False),
        (aside(None, event()), True),
        (aside(b"T1", b"no JSON", ce_specversion="1.0", ce_subject="T1"), True),
        (aside(b"T1", b"no JSON", ce_specversion="1.0", ce_subject="T1", ce_tenant="acme"), False),
        (aside(b"T2", b"no JSON", ce_specversion="1.0", ce_subject="T1"), True),
    ],
)
def test_a_rejected_record_is_of_a_ticket_by_its_key_or_its_subject(
    record: RejectedRecord, ours: bool
) -> None:
    assert _is_of(record, "default", "T1") is ours


def test_an_id_that_json_escapes_is_found() -> None:
    assert _is_of(aside(b"other", event("工单-1")), "default", "工单-1")
    assert _is_of(
        aside(b"other", json.dumps({"specversion": "1.0", "subject": "工单-1"}, ensure_ascii=False).encode()),
        "default",
        "工单-1",
    )
