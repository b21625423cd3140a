"""The tickets of the changelog, and summaries of the open tickets. Pure: the time is an argument."""

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush

from service.board.facets import Census
from service.board.kept import Kept, KeptStates
from service.board.summary import Summary, look_again_at, summary
from service.sla import state
from service.sla.calendar.calendar import YearUnknown
from service.sla.judge import Judgement, judge
from service.sla.policy import Policies
from service.sla.state import NEVER, Ticket, UnreadableStateError
from service.sla.timers import Timers

ADOPTED_AT_ONCE = 5_000  # tickets compared before other tasks get a turn; some ms

Times = Mapping[int, int]  # by partition: the instant (ms) to judge its tickets at


class TicketShelf:
    """Every ticket, encoded; for each open ticket a summary, in the order of the list.

    `restore` only stores a record. `look` judges new and due tickets, a bounded number in each call, so that
    many tickets never block the event loop.
    """

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self._kept = KeptStates(lambda: Ticket([], []), state.decode)
        self._open: dict[str, Summary] = {}
        self._waiting: set[str] = set()  # keys with a new record that are not judged yet
        self._queue: list[tuple[int, str]] = []  # heap of the waiting keys, by wake-up instant
        self._timers: dict[int, Timers] = {}  # by partition
        self._ordered: list[Summary] = []
        self._changed: set[str] = set()  # keys whose new summary is not in `_ordered` yet
        self.version = 0  # changes whenever the list may differ
        self.census = Census()  # of the open tickets
        self._baffling: set[str] = set()
        self._newest = (0, 0)  # when (ms) and by which edition of the policies the service judged last

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def baffling(self) -> int:
        """The number of tickets that cannot be judged here: unreadable state, or a year no calendar knows."""
        return len(self._baffling)

    @property
    def baffled_by(self) -> str | None:
        """One ticket that cannot be judged here, and the partition that holds it."""
        for key in self._baffling:
            return self._kept.place(key)
        return None

    @property
    def judged_otherwise_at(self) -> int | None:
        """When (ms) the service judged last, if that was by other policies than the board's; else None."""
        judged_at, edition = self._newest
        return judged_at if edition not in (0, self.policies.edition) else None

    @property
    def waiting(self) -> int:
        """The number of tickets that were read and are not judged yet."""
        return len(self._waiting)

    def adopt(self, policies: Policies) -> Iterator[None]:
        """Judge by other policies from now on. Yields wherever other tasks may get a turn.

        The next looks judge anew what the others may judge otherwise, as in the service: see
        Partition.adopt.
        """
        if policies.edition == self.policies.edition:
            return
        since = policies.differ_from(self.policies)
        self.policies = policies
        self.version += 1  # for what a listing shows beside the summaries
        for number, (key, value) in enumerate(self._kept.encoded()):
            if key in self._baffling or _may_differ(value, since):
                self._await(key, self._urgency(value))
            if number % ADOPTED_AT_ONCE == ADOPTED_AT_ONCE - 1:
                yield

    def restore(self, partition: int, key: str, value: bytes | None) -> None:
        """Apply one changelog record, in log order. `value` None: a tombstone."""
        self._kept.restore(partition, key, value)
        self._await(key, self._urgency(value))

    def forget(self, partition: int) -> None:
        """Drop the tickets of a partition: its log was replaced, or must be read again."""
        for key in self._kept.forget(partition):
            self._await(key, self._urgency(None))

    def _await(self, key: str, urgency: int) -> None:
        self._waiting.add(key)
        heappush(self._queue, (urgency, key))

    def look(self, times: Times, most: int) -> int:
        """Judge up to `most` tickets that are new or due by `times`. Return the number judged.

        New tickets with the nearest deadlines come first, so that the first page is soon right. Without an
        instant for its partition, a ticket is judged at the instant of its state.
        """
        looked = 0
        while self._queue and looked < most:
            _, key = heappop(self._queue)
            if key in self._waiting:  # else it was queued several times
                self._waiting.remove(key)
                self._look(key, times)
                looked += 1
        for partition, at in times.items():
            if partition in self._timers:
                for key in self._timers[partition].take(at, most - looked):
                    self._look(key, times)
                    looked += 1
        return looked

    def ordered(self) -> list[Summary]:
        """Return the open tickets in the order of the list. The caller must not change the list."""
        if self._changed:
            kept = [known for known in self._ordered if known.key not in self._changed]
            kept += [self._open[key] for key in self._changed if key in self._open]
            kept.sort()
            self._ordered = kept
            self._changed = set()
        return self._ordered

    def knows(self, key: str) -> bool:
        """True when the changelog holds the ticket, open or not."""
        return self._kept.partition(key) is not None

    def find(self, key: str) -> Kept[Ticket] | None:
        """Return a ticket; None when it is not known. Raises UnreadableStateError."""
        return self._kept.find(key)

    def instant(self, found: Kept[Ticket], times: Times) -> int:
        """Return the instant (ms) to judge a ticket at.

        Never before the instant of its state: the announcements in the state were true then.
        """
        return max(times.get(found.partition, found.header.at), found.header.at)

    def judged(self, key: str, times: Times) -> tuple[Judgement, int] | None:
        """Return the judgement of a ticket and its instant (ms); None: not known, or it cannot be judged."""
        try:
            found = self.find(key)
            if found is None:
                return None
            at = self.instant(found, times)
            tenant, _ = state.names(key)
            return judge(found.known.facts, self.policies, tenant, at), at
        except (UnreadableStateError, YearUnknown):
            return None

    def _look(self, key: str, times: Times) -> None:
        before, after = self._open.pop(key, None), None
        partition = self._kept.partition(key)
        judged = self.judged(key, times)
        is_baffling = partition is not None and judged is None
        (self._baffling.add if is_baffling else self._baffling.discard)(key)
        if partition is not None and judged is not None:
            judgement, at = judged
            after = summary(key, judgement, at)
            again_at = look_again_at(judgement, at)
            if after is not None and again_at != NEVER:
                self._timers.setdefault(partition, Timers()).arm(key, again_at)
        if after is not None:
            self._open[key] = after
        if before != after:
            self.version += 1
            self._changed.add(key)
            for known, by in ((before, -1), (after, 1)):
                if known is not None:
                    self.census.add(known, by)

    def _urgency(self, value: bytes | None) -> int:
        """Return the wake-up instant (ms) of a changelog value; 0 for a tombstone, so that it comes first."""
        if value is None:
            return 0
        try:
            header = state.header(value)
        except UnreadableStateError:
            return NEVER
        self._newest = max(self._newest, (header.at, header.edition))
        return header.wake_at


def _may_differ(value: bytes, since: int) -> bool:
    """True when a ticket may be judged otherwise by policies that differ for cycles from `since` (ms) on."""
    try:
        head = state.header(value)
    except UnreadableStateError:
        return False
    return head.latest >= since or head.waits_from != NEVER
