"""A calendar under the name by which policies ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.sla.calendar.calendar import ALWAYS, Calendar


@dataclass(frozen=True, slots=True)
class NamedCalendar:
    """A calendar that policies may name. `content`: the content of its file; None: built in."""

    calendar: Calendar
    content: Any = None
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)  # of the top fields


BUILT_IN: Mapping[str, NamedCalendar] = {"always": NamedCalendar(ALWAYS)}
