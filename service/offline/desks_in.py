"""The support desks of a file of events, judged like in the running service."""

from collections.abc import Iterable, Iterator

from service.offline.event_file import FileEvent
from service.sla.desks.desk import Desk, desk_of
from service.sla.desks.outages import judge_desk
from service.sla.facts import Fact
from service.sla.judge import Judgement
from service.sla.policy import Policies
from service.sla.state import names

Signs = dict[str, list[Fact]]  # by desk key


def setting_aside(found: Iterable[FileEvent], signs: Signs) -> Iterator[FileEvent]:
    """Yield the events about tickets. Add the facts about desks to `signs`."""
    for event in found:
        if event.is_sign:
            signs.setdefault(event.ticket, []).append(event.fact)
        else:
            yield event


def judge_signs(key: str, signs: Iterable[Fact], policies: Policies, at: int) -> Judgement:
    """Judge one desk at `at` (ms), by the policies that name it."""
    return judge_desk(_desk(key, signs, policies), policies.of_desk(*names(key)), at)


def _desk(key: str, signs: Iterable[Fact], policies: Policies) -> Desk:
    timeouts = [term.policy.heartbeat_timeout_ms for term in policies.of_desk(*names(key))]
    return desk_of(signs, min(timeouts, default=0))
