"""What the service told, as it is read again."""

import json
from pathlib import Path

import pytest

from service.errors import RefusalError
from service.kafka.codec.record import Record, size_of
from service.kafka.topics.breaches import event_out

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
TYPE = ("ce_type", b"sla.breached")
FOREIGN = {
    "no value": (None, TYPE),
    "no JSON": (b"breached!", TYPE),
    "no UTF-8": (b'{"revision":"\xff"}', TYPE),
    "no object": (b"[1]", TYPE),
    "no type": (b"{}", ("ce_id", b"1")),
    "a type without text": (b"{}", ("ce_type", None)),
    "another type": (b"{}", ("ce_type", b"complaint.received")),
}


def record(value: bytes | None, *headers: tuple[str, bytes | None]) -> Record:
    return Record("sla.breaches", 2, 17, 0, b"T-1", value, headers, size_of(b"T-1", value, headers))


def test_an_event_out_is_read_again() -> None:
    golden = json.loads((EXAMPLES / "sla.breached-1.json").read_text(encoding="utf-8"))["data"]
    assert event_out(record(json.dumps(golden).encode(), TYPE)) == ("sla.breached", golden)


@pytest.mark.parametrize(("value", "header"), FOREIGN.values(), ids=FOREIGN)
def test_what_somebody_else_wrote_to_the_topic_is_named_by_its_place(
    value: bytes | None, header: tuple[str, bytes | None]
) -> None:
    with pytest.raises(
        RefusalError, match=r"^topic sla\.breaches, partition 2, offset 17, key T-1: not written"
    ):
        event_out(record(value, header))
