"""The support desks as their page shows them: open channels, and outages that go on or are over."""

from collections.abc import Mapping
from typing import NamedTuple

from service.board.kept import KeptStates
from service.board.row import ClockLine, line_of
from service.sla import state
from service.sla.calendar.calendar import YearUnknown
from service.sla.desks import desk as state_of_desks
from service.sla.desks.desk import Desk
from service.sla.desks.outages import judge_desk
from service.sla.judge import Run
from service.sla.policy import InForce, Policies
from service.sla.state import UnreadableStateError

_LATEST = 5  # outages that are over


class ChannelLine(NamedTuple):
    """One channel. Instants in ms."""

    name: str
    open_until: int | None  # unless a sign of life comes before; None: it is closed
    last_sign_at: int


class Promise(NamedTuple):
    """What a clock requires of the desk now."""

    clock: str
    clause: str | None
    min_open: int
    outage: ClockLine | None  # the outage that goes on; None: enough channels are open


class Past(NamedTuple):
    """An outage that is over. Instants in ms."""

    clock: str
    since: int
    until: int
    state: str


class DeskLine(NamedTuple):
    """One desk."""

    tenant: str
    desk_id: str
    channels: tuple[ChannelLine, ...]
    promises: tuple[Promise, ...]
    past: tuple[Past, ...]  # the latest outage first


class DeskShelf:
    """The desks that the changelog holds. There are few: each is judged whenever it is shown."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._kept = KeptStates(lambda: Desk({}, [], out={}), state_of_desks.decode)
        self._baffling: list[str] = []

    def adopt(self, policies: Policies) -> None:
        """Judge by other policies from now on."""
        self._policies = policies

    def restore(self, partition: int, key: str, value: bytes | None) -> None:
        """Apply one changelog record, in log order. `value` None: a tombstone."""
        self._kept.restore(partition, key, value)

    def forget(self, partition: int) -> None:
        """Drop the states of a partition: it will be read again from its beginning."""
        self._kept.forget(partition)

    def lines(self, times: Mapping[int, int]) -> list[DeskLine]:
        """Return the desks with a sign of life and the desks of the policies, judged at `times`.

        `times`: an instant (ms) for each partition. A desk without a sign of life is judged at the earliest
        of these instants. Without any instant, no desk is shown.
        """
        if not times:
            return []
        named = {state.key(*desk) for desk in self._policies.desks}
        lines = {key: self._line(key, times) for key in sorted({*named, *self._kept})}
        self._baffling = [key for key, line in lines.items() if line is None]
        return [line for line in lines.values() if line is not None]

    @property
    def baffling(self) -> int:
        """The number of desks that the last evaluation could not judge."""
        return len(self._baffling)

    @property
    def baffled_by(self) -> str | None:
        """One desk that could not be judged, and the partition that holds it, if any does."""
        for key in self._baffling:
            return self._kept.place(key)
        return None

    def _line(self, key: str, times: Mapping[int, int]) -> DeskLine | None:
        tenant, desk_id = state.names(key)
        known, at = Desk({}, [], out={}), min(times.values())
        try:
            if (kept := self._kept.find(key)) is not None:
                known, at = kept.known, max(times.get(kept.partition, at), kept.header.at)
            policies = self._policies.of_desk(tenant, desk_id)
            runs = [run for run in judge_desk(known, policies, at).runs if run.started_at <= at]
            return DeskLine(
                tenant,
                desk_id,
                tuple(_channels(known, _in_force(policies, at), at)),
                tuple(_promises(runs, _in_force(policies, at), at)),
                tuple(_past(runs)),
            )
        except (UnreadableStateError, YearUnknown):
            return None


def _in_force(policies: list[InForce], at: int) -> InForce | None:
    return next((term for term in reversed(policies) if term.since <= at), None)


def _channels(known: Desk, term: InForce | None, at: int) -> list[ChannelLine]:
    until = known.open_until(term.policy.heartbeat_timeout_ms, at) if term else {}
    return [
        ChannelLine(name, until.get(name), spans[-1].last.time)
        for name, spans in sorted(known.channels.items())
    ]


def _promises(runs: list[Run], term: InForce | None, at: int) -> list[Promise]:
    going_on = {run.clock.name: line_of(run, at) for run in runs if run.ending is None}
    return [
        Promise(clock.name, clock.clause, clock.min_open, going_on.get(clock.name))
        for clock in (term.policy.clocks if term else ())
    ]


def _past(runs: list[Run]) -> list[Past]:
    over = [run for run in runs if run.stopped_at is not None]
    latest = sorted(over, key=lambda run: run.stopped_at or 0, reverse=True)[:_LATEST]
    return [
        Past(run.clock.name, run.started_at, run.stopped_at or 0, line_of(run, 0).state) for run in latest
    ]
