"""What was announced of a ticket or desk, as its state keeps it."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Self

import msgspec

from service.sla.announcement import Type
from service.sla.grounds import AttributesTold
from service.sla.statement import Key, Statement

_TYPES = tuple(Type)
_INDEXES = {type_: index for index, type_ in enumerate(_TYPES)}
_RETRACTING = frozenset({Type.BREACH_RETRACTED, Type.CORRECTED})

# A statement's digest and attributes. An announcement that told no attributes has none in its mark.
Mark = tuple[int, AttributesTold | None]


class Announced(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The latest announcement of one breach id."""

    cycle: int
    clock: str
    level: str | None
    revision: int
    type_index: Annotated[int, msgspec.Meta(ge=0, lt=len(_TYPES))]  # into Type
    due_at: int | None
    digest: int
    attributes: Annotated[int, msgspec.Meta(ge=0)] | None = None  # into Told.attributes; None: it told none

    @property
    def key(self) -> Key:
        """Cycle, clock and level of the announcement."""
        return self.cycle, self.clock, self.level

    @property
    def type(self) -> Type:
        """The type of the announcement."""
        return _TYPES[self.type_index]

    @property
    def stands(self) -> bool:
        """True unless the announcement was a retraction or a correction."""
        return _TYPES[self.type_index] not in _RETRACTING


def check_attributes(announced: Iterable[Announced], known: int) -> None:
    """Raise ValueError unless all announcements tell attributes with a number below `known`, or none."""
    for one in announced:
        if one.attributes is not None and one.attributes >= known:
            raise ValueError("an announcement tells unknown attributes")


class Told(msgspec.Struct, frozen=True, gc=False):
    """The latest announcement of each breach id, and each combination of attributes that they told, once."""

    announced: Sequence[Announced] = ()
    attributes: Sequence[AttributesTold] = ()

    def attributes_of(self, latest: Announced) -> AttributesTold | None:
        """The attributes that an announcement told; None: it told none."""
        return None if latest.attributes is None else self.attributes[latest.attributes]

    def mark(self, latest: Announced) -> Mark:
        """What a statement must be marked with for an announcement of it to stand."""
        return latest.digest, self.attributes_of(latest)

    def says(self, latest: Announced, statement: Statement) -> bool:
        """True when an announcement says what `statement` says."""
        if latest.digest != statement.digest:
            return False
        return latest.attributes is None or self.attributes[latest.attributes] == statement.attributes

    def without(self, clocks: "set[tuple[int, str]]") -> Self:
        """The same, without the announcements about these clocks, each with its cycle."""
        rest = [one for one in self.announced if (one.cycle, one.clock) not in clocks]
        return type(self)(rest, self.attributes)


def marks(statements: Iterable[Statement]) -> set[Mark]:
    """What announcements of these statements are marked with, also those that told no attributes.

    A breach that has ended still says what it said before its end.
    """
    found: set[Mark] = set()
    for statement in statements:
        said = [statement.digest]
        if statement.type is Type.BREACH_SETTLED:
            said.append(statement.unsettled().digest)
        attributes = statement.attributes
        found.update((digest, told) for digest in said for told in (attributes, None))
    return found


def index_of(type_: Type) -> int:
    """The number of a type, as Announced holds it."""
    return _INDEXES[type_]
