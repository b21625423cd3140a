"""Notices: what the board does not know, and what the service does not do. They stand above all figures."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from service.board.snapshot import Probe, ReachView, Sight

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


def notices(sight: Sight) -> list[Notice]:
    """Return a notice for everything that is not as it should be."""
    found: list[Notice] = []
    complete_until = as_of(sight.reaches)
    old = complete_until is not None and sight.now - complete_until > OLD_AFTER_MS
    if sight.failure and (old or complete_until is None):
        found.append(_notice(NoticeKind.KAFKA_AWAY, why=sight.failure))
    if old:
        found.append(_notice(NoticeKind.OLD))
    loading = [reach for reach in sight.reaches.values() if reach.as_of is None]
    missing = sum(reach.end - reach.position for reach in loading) + sight.waiting
    if not sight.reaches:
        found.append(_notice(NoticeKind.NO_DATA))
    elif loading:
        found.append(_notice(NoticeKind.LOADING, many=len(loading), of=len(sight.reaches), tickets=missing))
    elif sight.waiting > WAITING_MORE_THAN:
        found.append(_notice(NoticeKind.WAITING, tickets=sight.waiting))
    found += _of_the_group(sight)
    found += _of_the_services(sight)
    if sight.baffling:
        found.append(_notice(NoticeKind.BAFFLING, tickets=sight.baffling, one=sight.baffled_by or ""))
    if sight.baffling_desks:
        found.append(
            _notice(NoticeKind.BAFFLING_DESKS, desks=sight.baffling_desks, one=sight.baffled_by_desk or "")
        )
    if sight.other_policies:
        found.append(_notice(NoticeKind.OTHER_POLICIES))
    return found


def _of_the_group(sight: Sight) -> list[Notice]:
    group = sight.group
    if group is None or sight.now - group.at > 2 * OLD_AFTER_MS:
        return [_notice(NoticeKind.GROUP_UNKNOWN)] if sight.group_failure else []
    found = []
    if orphans := [number for number in range(group.partitions) if number not in group.owners]:
        found.append(
            _notice(NoticeKind.NO_OWNER, many=len(orphans), of=group.partitions, which=_numbers(orphans))
        )
    late = [
        number
        for number, lag in group.lag.items()
        if lag > 0 and sight.now - sight.lagging_since.get(number, sight.now) > LAG_FOR_MS
    ]
    if late:
        events = sum(group.lag[number] for number in late)
        found.append(_notice(NoticeKind.LAG, events=events, which=_numbers(late)))
    return found


def _of_the_services(sight: Sight) -> list[Notice]:
    found = []
    refused = sorted({number for probe in sight.services.values() for number in probe.refused})
    if refused:
        found.append(_notice(NoticeKind.REFUSED, many=len(refused), which=_numbers(refused)))
    restoring = sorted({number for probe in sight.services.values() for number in unready(probe)})
    if restoring:
        of = max(len(sight.reaches), len(restoring))
        found.append(_notice(NoticeKind.RESTORING, many=len(restoring), of=of, which=_numbers(restoring)))
    found += [
        _notice(NoticeKind.SERVICE_AWAY, url=url) for url, probe in sight.services.items() if probe.failure
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
