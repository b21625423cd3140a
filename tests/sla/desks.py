"""Words for telling a support desk's story in a test."""

from itertools import count

from service.sla.calendar.calendar import ALWAYS, Calendar
from service.sla.desks.desks import desk_partition
from service.sla.facts import Fact, Kind, Sign
from service.sla.partition import Step
from service.sla.policy import Clock, Level, Policies, Policy
from tests.sla.stories import DAY, MINUTE, SECOND, at
from tests.sla.test_partition import brief

GRACE = 1_000
_numbers = count(1)


def sign(word: str, time: str | int, channel: str = "phone", id: str | None = None) -> Fact:
    """One event; `time` as in stories.at, or ms."""
    number = next(_numbers)
    instant = at(time) if isinstance(time, str) else time
    kind = Sign[word.upper()]
    return Fact(instant, kind, "/pbx", id or f"s-{number}", {"channel": channel}, instant, 0, number)


def desk_clock(name: str, min_open: int, levels: dict[str, int], calendar: Calendar = ALWAYS) -> Clock:
    """A clock of a desk; `levels` name -> ms."""
    targets = tuple(Level(level, after) for level, after in levels.items())
    return Clock(name, "0", Kind.RECEIVED, frozenset(), (), False, targets, calendar, min_open)


def desk_policy(
    *clocks: Clock, timeout: int = MINUTE, version: int = 1, since: int = 0, desks: str = "support"
) -> Policy:
    """A version of the one policy for desks."""
    return Policy(
        "support-7x24", version, "0" * 64, since, {}, (), clocks, None, frozenset(desks.split()), timeout
    )


SUPPORT = desk_clock("technical_support", 1, {"major": 5 * MINUTE})
CHOICE = desk_clock("channel_choice", 2, {"minor": 30 * MINUTE})
LETTERS = Policies([desk_policy(SUPPORT, CHOICE, since=at("08:00"))])


class Support:
    """One partition and the desk `support`; `tell` is a step."""

    def __init__(
        self, policies: Policies = LETTERS, retention: int = 35 * DAY, *, owned: bool = True
    ) -> None:
        self.policies, self.retention, self.owned = policies, retention, owned
        self.changelog: dict[str, bytes | None] = {}
        self.step = Step()
        self.offset = -1
        self.restart()

    def tell(self, *signs: Fact, now: str | int, clock: int | None = None) -> list[str]:
        """Deliver signs at watermark `now`; returns `type clock/level revision` of each announcement.

        `clock`: what our own shows meanwhile (ms), where that is another instant.
        """
        instant = at(now) if isinstance(now, str) else now
        self.offset += len(signs)
        arrivals = [("support@default", sign) for sign in signs]
        self.step = self.partition.step(
            arrivals, at=instant, now=clock or instant, offset=self.offset, grace=GRACE
        )
        self.changelog |= self.step.changes
        return [brief(announcement) for announcement in self.step.announcements]

    def restart(self) -> None:
        """Lose the memory and restore it from the changelog."""
        self.partition = desk_partition(self.policies, self.retention, lambda _: self.owned)
        for key, value in self.changelog.items():
            self.partition.restore(key, value)


def beats(start: str, end: str, channel: str = "phone", every: int = 30 * SECOND) -> list[Fact]:
    """A heartbeat at `start` and every so many ms, up to and not including `end`."""
    return [sign("heartbeat", instant, channel) for instant in range(at(start), at(end), every)]
