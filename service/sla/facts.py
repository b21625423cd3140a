"""Facts: what happened to a ticket or on a channel, and the kinds of facts in the contract's order."""

from enum import IntEnum

import msgspec


class Kind(IntEnum):
    """The kinds of facts. Their numbers are the order at equal instants, and are stored: append only."""

    RECEIVED = 0
    RESPONSE_STARTED = 1
    PRELIMINARY_SOLUTION_PROVIDED = 2
    RESOLVED = 3
    FEEDBACK_DELIVERED = 4
    FOLLOWED_UP = 5
    WITHDRAWN = 6
    MERGED = 7
    REFUSED = 8
    CLOSED = 9
    REOPENED = 10
    RECLASSIFIED = 11
    RESUMED = 12
    PAUSED = 13
    REASSIGNED = 14
    SATISFACTION_SUBMITTED = 15
    VOIDED = 16

    @property
    def word(self) -> str:
        """The kind as events and policies write it: `response_started`."""
        return self.name.lower()


class Sign(IntEnum):
    """The signs of a support desk's channel. Their numbers are stored, and none is a Kind: append only."""

    HEARTBEAT = 100
    OPENED = 101
    CLOSED = 102

    @property
    def word(self) -> str:
        """The sign as events write it: `heartbeat`."""
        return self.name.lower()


CANCELLING = frozenset({Kind.WITHDRAWN, Kind.MERGED})
_MILESTONES = (
    Kind.RESPONSE_STARTED,
    Kind.PRELIMINARY_SOLUTION_PROVIDED,
    Kind.RESOLVED,
    Kind.FEEDBACK_DELIVERED,
)


def implied_by(kind: Kind) -> frozenset[Kind]:
    """The kinds that count as `kind`: itself, and for a milestone the later ones too."""
    return frozenset(_MILESTONES[_MILESTONES.index(kind) :] if kind in _MILESTONES else (kind,))


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One accepted event of one ticket or desk, and its place in the log.

    `data` has the event's known fields that fit, without nulls and without defaults added.
    """

    time: int  # ms since the epoch: when it happened at the help desk
    kind: int  # a Kind or a Sign
    source: str
    id: str
    data: dict[str, str | int]
    recorded_at: int  # ms since the epoch: log time of the record
    partition: int
    offset: int
