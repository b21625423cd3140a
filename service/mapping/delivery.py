"""A delivery: what a help desk sent once, with nothing of HTTP but its headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a help desk, or what a history or an export says in place of one."""

    body: object  # parsed JSON
    headers: Mapping[str, str] = field(default_factory=dict)  # names in small letters
    endpoint: str = ""  # the path segment that received it
    instant: int | None = None  # ms: when it came; None where nobody knows
