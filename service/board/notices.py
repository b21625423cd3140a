"""Notices: what the board does not know, and what the service does not do. They stand above all figures."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from service.board.snapshot import Probe, ReachView, Snapshot

OLD_AFTER_MS = 5_000  # older data gets a notice
WAITING_MORE_THAN = 100  # tickets; fewer are judged at once
LAG_FOR_MS = 10_000  # a shorter lag is normal and gets no notice


class NoticeKind(StrEnum):
    """The kinds of notices, worst first."""

    KAFKA_AWAY = "kafka_away"
    NO_DATA = "no_data"
    OLD = "old"
    LOADING = "loading"
    WAITING = "waiting"
    NO_OWNER = "no_owner"
    REFUSED = "refused"
    RESTORING = "restoring"
    LAG = "lag"
    GROUP_UNKNOWN = "group_unknown"
    SERVICE_AWAY = "service_away"
    BAFFLING = "baffling"
    BAFFLING_DESKS = "baffling_desks"
    OTHER_POLICIES = "other_policies"


class Notice(NamedTuple):
    """A notice on top of a page. `values` fill the blanks of its sentence."""

    kind: NoticeKind
    values: tuple[tuple[str, str | int], ...] = ()


def as_of(reaches: Mapping[int, ReachView]) -> int | None:
    """Return the instant (ms) up to which every commit has been read; None until every partition was read."""
    known = [reach.as_of for reach in reaches.values()]
    return None if not known or None in known else min(instant for instant in known if instant is not None)


def notices(snapshot: Snapshot) -> list[Notice]:
    """Return a notice for everything that is not as it should be."""
    found: list[Notice] = []
    complete_until = as_of(snapshot.reaches)
    old = complete_until is not None and snapshot.now - complete_until > OLD_AFTER_MS
    if snapshot.failure and (old or complete_until is None):
        found.append(_notice(NoticeKind.KAFKA_AWAY, why=snapshot.failure))
    if old:
        found.append(_notice(NoticeKind.OLD))
    loading = [reach for reach in snapshot.reaches.values() if reach.as_of is None]
    missing = sum(reach.end - reach.position for reach in loading) + snapshot.waiting
    if not snapshot.reaches:
        found.append(_notice(NoticeKind.NO_DATA))
    elif loading:
        found.append(
            _notice(NoticeKind.LOADING, many=len(loading), of=len(snapshot.reaches), tickets=missing)
        )
    elif snapshot.waiting > WAITING_MORE_THAN:
        found.append(_notice(NoticeKind.WAITING, tickets=snapshot.waiting))
    found += _of_the_group(snapshot)
    found += _of_the_services(snapshot)
    if snapshot.baffling:
        found.append(_notice(NoticeKind.BAFFLING, tickets=snapshot.baffling, one=snapshot.baffled_by or ""))
    if snapshot.baffling_desks:
        found.append(
            _notice(
                NoticeKind.BAFFLING_DESKS, desks=snapshot.baffling_desks, one=snapshot.baffled_by_desk or ""
            )
        )
    if snapshot.other_policies:
        found.append(_notice(NoticeKind.OTHER_POLICIES))
    return found


def _of_the_group(snapshot: Snapshot) -> list[Notice]:
    group = snapshot.group
    if group is None or snapshot.now - group.at > 2 * OLD_AFTER_MS:
        return [_notice(NoticeKind.GROUP_UNKNOWN)] if snapshot.group_failure else []
    found = []
    if orphans := [number for number in range(group.partitions) if number not in group.owners]:
        found.append(
            _notice(NoticeKind.NO_OWNER, many=len(orphans), of=group.partitions, which=_numbers(orphans))
        )
    late = [
        number
        for number, lag in group.lag.items()
        if lag > 0 and snapshot.now - snapshot.lagging_since.get(number, snapshot.now) > LAG_FOR_MS
    ]
    if late:
        events = sum(group.lag[number] for number in late)
        found.append(_notice(NoticeKind.LAG, events=events, which=_numbers(late)))
    return found


def _of_the_services(snapshot: Snapshot) -> list[Notice]:
    found = []
    refused = sorted({number for probe in snapshot.services.values() for number in probe.refused})
    if refused:
        found.append(_notice(NoticeKind.REFUSED, many=len(refused), which=_numbers(refused)))
    restoring = sorted({number for probe in snapshot.services.values() for number in unready(probe)})
    if restoring:
        of = max(len(snapshot.reaches), len(restoring))
        found.append(_notice(NoticeKind.RESTORING, many=len(restoring), of=of, which=_numbers(restoring)))
    found += [
        _notice(NoticeKind.SERVICE_AWAY, url=url) for url, probe in snapshot.services.items() if probe.failure
    ]
    return found


def unready(probe: Probe) -> list[int]:
    """Return the partitions of the probed process that are not judged yet."""
    return [number for number, state in probe.states.items() if state in ("acquiring", "restoring")]


def _numbers(numbers: Sequence[int]) -> str:
    """Return `0, 3, 7`; of more than 8 numbers only the first 8."""
    return ", ".join(map(str, numbers[:8])) + (" …" if len(numbers) > 8 else "")


def _notice(kind: NoticeKind, **values: str | int) -> Notice:
    return Notice(kind, tuple(values.items()))
