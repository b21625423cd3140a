"""Files of breaches: JSON Lines as `simulate` writes them, or structured CloudEvents of `sla.breaches`."""

from collections.abc import Callable
from typing import BinaryIO

import msgspec

from service.ledger.breach import BadBreachError, Breach, read_breach, replaces
from service.offline.event_file import opened, shown
from service.offline.json_lines import LineProblem, json_lines


class BreachFile(msgspec.Struct, frozen=True):
    """What a file of breaches says."""

    breaches: list[Breach]  # the latest revision of each
    others: int  # lines of types that are no news of a breach


def read_breaches(file: str, stdin: BinaryIO, tell: Callable[[str], None]) -> BreachFile:
    """Return the breaches of a file, or of standard input for `-`.

    `tell` is called with every line that cannot be used, its place and the reason. Raises RefusalError when
    the file cannot be read.
    """
    latest: dict[str, Breach] = {}
    others = 0
    with opened(file, stdin) as stream:
        for line in json_lines(stream):
            if isinstance(line, LineProblem):
                tell(line.at(shown(file)))
                continue
            try:
                breach = _breach(line.record)
                if breach is None:
                    others += 1
                elif replaces(breach, latest.get(breach.breach_id)):
                    latest[breach.breach_id] = breach
            except BadBreachError as error:
                tell(f"{shown(file)}:{line.number}: {error}")
    return BreachFile(list(latest.values()), others)


def _breach(record: bytes) -> Breach | None:
    try:
        said = msgspec.json.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise BadBreachError("is not JSON") from None
    if not isinstance(said, dict) or not isinstance(said.get("type"), str):
        raise BadBreachError("is no event: type is missing")
    return read_breach(said["type"], said["data"] if "specversion" in said else said)
