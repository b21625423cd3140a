"""What a process knows of the policies otherwise than it is published."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from service.policy.in_force import known_policies
from service.sla.policy import Policies

Known = Mapping[str, object]  # see known_policies

# `state` comes last: where another field differs, it follows from that.
_FIELDS = ("agreement", "effective_from", "until", "sha256", "calendars", "state")


class PolicyDifference(NamedTuple):
    """One version, as it is published and as a process knows it.

    `field`: what differs; `version` when it is published and not known, or known and not published.
    """

    policy: str
    version: str
    field: str
    published: object  # None: nothing
    known: object  # None: nothing

    def __str__(self) -> str:
        """Return the end of a line that begins with the process."""
        name = f"{self.policy} version {self.version}"
        if self.field == "version":
            return f"does not know {name}" if self.known is None else f"knows {name}, which is not published"
        said = f"has {self.field} {_text(self.known)} of {name}, and published is {_text(self.published)}"
        return f"{said}: one of the two clocks is wrong" if self.field == "state" else said


def differences(published: Policies, known: Iterable[Known], at: int) -> Iterator[PolicyDifference]:
    """Yield each difference between what is published, at `at` (ms), and what a process says it knows."""
    ours = {_name(row): row for row in known_policies(published, at)}
    theirs = {_name(row): row for row in known}
    for name in dict.fromkeys([*ours, *theirs]):
        if name not in theirs:
            yield PolicyDifference(*name, "version", name[1], None)
        elif name not in ours:
            yield PolicyDifference(*name, "version", None, name[1])
        else:
            yield from _fields(name, ours[name], theirs[name])


def _fields(name: tuple[str, str], ours: Known, theirs: Known) -> Iterator[PolicyDifference]:
    """Yield the fields that differ; a field that the process does not tell, as older software, does not."""
    found = [field for field in _FIELDS if field in theirs and theirs[field] != ours[field]]
    for field in found:
        if field != "state" or found == ["state"]:
            yield PolicyDifference(*name, field, ours[field], theirs[field])


def _name(row: Known) -> tuple[str, str]:
    return str(row["policy"]), str(row["version"])


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        years = (f"{name} {', '.join(map(str, said))}" for name, said in value.items())
        return "; ".join(years) or "none"
    return "none" if value in (None, "") else str(value)
