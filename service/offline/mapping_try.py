"""`mapping try`: prints the events that one body gives, and what was dropped, with the texts."""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

from service.mapping.delivery import Delivery
from service.mapping.mapped import Mapped
from service.mapping.mapping import Mapping
from service.offline.mapping_sample import EXPORTS, of_delivery, of_export, read_body, read_headers
from service.text.visible import visible, visible_json


def try_body(
    by: Mapping,
    body: str,
    *,
    headers: Path | None,
    endpoint: str,
    history: bool,
    stdin: BinaryIO,
    out: TextIO,
    err: TextIO,
) -> int:
    """Print the events to `out`, all else to `err`. Return the exit code, 1 when a part cannot be mapped."""
    if Path(body).suffix.lower() in EXPORTS:
        return tell(of_export(by, Path(body)), out, err)
    if not (by.tellings if history else by.rules):
        print(
            f"the mapping has no {'history' if history else 'deliveries'}: nothing can read this body",
            file=err,
        )
        return 1
    said = read_body(body, stdin)
    if history:
        return tell(by.of_history(said), out, err)
    delivery = Delivery(said, read_headers(headers) if headers else {}, endpoint)
    return tell([of_delivery(by, delivery)], out, err)


def tell(found: Iterable[Mapped], out: TextIO, err: TextIO) -> int:
    """Print what was mapped. Return the exit code."""
    events, problems, dropped = 0, 0, 0
    for one in found:
        for event in one.events:
            print(visible_json(msgspec.json.encode(event).decode()), file=out)
        place = f"{one.place}: " if one.place else ""
        for note in one.dropped:
            print(visible(f"{place}{note}: “{note.text}”"), file=err)
        if one.problem:
            text = f": “{one.problem.text}”" if one.problem.text else ""
            print(visible(f"{place}cannot be mapped: {one.problem}{text}"), file=err)
        events += len(one.events)
        dropped += len(one.dropped)
        problems += one.problem is not None
    if not events and not problems:
        print("no event: no rule fits, or what fits has no instant or no element", file=err)
    return 1 if problems else 0
