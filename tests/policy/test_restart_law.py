"""A process that is started again and again, with whatever files, says what one says that never stopped.

Both are played through the code of the real start: the plan of a publication from the directory, what is
published read back from its records, the state read back from the changelog. What Kafka keeps are lists here.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import event, given, settings
from hypothesis import strategies as st

from service.errors import RefusalError
from service.kafka.codec.record import Record
from service.kafka.topics.policies import read_records
from service.policy.publication import policy_record
from service.policy.publication_plan import Plan, plan_retirement
from service.policy.published import Published
from service.processes.policies import planned
from service.settings import read_settings
from service.sla.announcement import Announcement
from service.sla.changes import About, standing
from service.sla.facts import Fact, Kind
from service.sla.judge import judge
from service.sla.tickets import ticket_partition
from tests.broker.service import environment
from tests.policy.shelf import JUNE, MINUTE, Shelf
from tests.policy.test_publication_law import verdict
from tests.sla.test_law import net, well_formed

HOUR = 60 * MINUTE
FAR = 1_000 * HOUR
UNKNOWN = -1  # the watermark of a process that has just started
TICKETS = ("T-1", "T-2", "T-3", "T-4")
TENANT = "default"
SETTINGS = read_settings(environment("127.0.0.1:1", "law."))  # Kafka is asked by a first publication only


class Write(NamedTuple):
    """A file is added, or another one stands in its place."""

    policy: str
    version: int | None  # None: the next one
    match: str | None  # None: that of all good versions of the policy
    ahead: int  # ms from now to its effect
    after: str


class Remove(NamedTuple):
    """A file goes."""

    policy: str
    version: int


class Publish(NamedTuple):
    """`policies publish`."""

    backdate: bool


class Retire(NamedTuple):
    """`policies retire`."""

    policy: str
    ahead: int


class Restart(NamedTuple):
    """The process is killed, and started with the files as they are; what cannot start stays down."""


class Happen(NamedTuple):
    """Something happens to a ticket, or is told late or ahead."""

    ticket: str
    kind: Kind
    ahead: int
    team: str


Op = Write | Remove | Publish | Retire | Restart | Happen
MATCHES = {"first": "{team: a}", "p": "{team: [a, b], channel: phone}", "q": "{team: b}"}
_ahead = st.sampled_from([-HOUR, -MINUTE, 0, 1, MINUTE - 1, MINUTE, 3 * MINUTE, HOUR])
_ids, _versions = st.sampled_from([*MATCHES]), st.integers(1, 3)
_good = st.builds(
    Write, _ids, st.none(), st.none(), st.sampled_from([3 * MINUTE, HOUR]), st.sampled_from(["1m", "10m"])
)
_any = st.builds(
    Write, _ids, st.none() | _versions, st.none() | st.just("{}"), _ahead, st.sampled_from(["1m", "2h"])
)
_kinds = st.sampled_from([Kind.RECEIVED, Kind.RECEIVED, Kind.CLOSED, Kind.REOPENED, Kind.REASSIGNED])
_happens = st.builds(Happen, st.sampled_from(TICKETS), _kinds, _ahead, st.sampled_from(["a", "b"]))
OPS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, MINUTE, 20 * MINUTE]),
        st.one_of(
            _good,
            _good,
            _any,
            st.builds(Remove, _ids, _versions),
            st.builds(Publish, st.booleans()),
            st.builds(Retire, _ids, _ahead),
            st.builds(Restart),
            st.builds(Restart),
            _happens,
            _happens,
        ),
    ),
    min_size=6,
    max_size=24,
)


# One has started, two are dated ahead.
FIRST: list[tuple[int, Op]] = [
    (0, Happen("T-1", Kind.RECEIVED, 0, "a")),
    (0, Happen("T-2", Kind.RECEIVED, 2 * HOUR, "a")),
    (0, Happen("T-3", Kind.RECEIVED, 2 * HOUR, "b")),
]


class Kafka:
    """What is kept: the published records, and the facts in the order in which they came."""

    def __init__(self) -> None:
        self.policies: list[Record] = []
        self._read = 0, Published()  # so many of the records, and what they say
        self.facts: list[tuple[str, Fact]] = []  # ticket, fact

    def publish(self, done: Plan) -> None:
        for key, value in map(policy_record, done.new):
            self.policies.append(Record("policies", 0, len(self.policies), 0, key, value, (), 0))

    def published(self) -> Published:
        if self._read[0] != len(self.policies):
            self._read = len(self.policies), read_records(self.policies, Published())
        return self._read[1]

    def of(self, ticket: str) -> list[Fact]:
        return [fact for name, fact in self.facts if name == ticket]


class Process:
    """What judges, of one partition."""

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._changelog: list[tuple[str, bytes | None]] = []
        self._committed = 0  # the input offset
        self.announced: list[Announcement] = []
        self.kill()

    def kill(self) -> None:
        """All that it has in memory goes."""
        self.is_up = False

    def start(self, published: Published) -> None:
        """With what it finds published, and with its state."""
        self._partition = ticket_partition(published.directory.policies, FAR)
        for key, value in self._changelog:
            self._partition.restore(key, value)
        self._position = max(self._committed, self._partition.reflects + 1)
        self._watermark, self.is_up = UNKNOWN, True

    def judge(self, now: int) -> list[Announcement]:
        """Judge all records by what it knows; learn what is published; judge the deadlines until `now`."""
        news = [(f"{ticket}@{TENANT}", fact) for ticket, fact in self._kafka.facts[self._position :]]
        told = self._step(news, self._watermark, now) if news else []
        for _ in self._partition.adopt(self._kafka.published().directory.policies):
            pass
        self._watermark = now
        return told + self._step([], now, now)

    def _step(self, arrivals: list[tuple[str, Fact]], at: int, now: int) -> list[Announcement]:
        offset = self._position + len(arrivals) - 1
        step = self._partition.step(arrivals, at=at, now=now, offset=offset, grace=0)
        self._changelog += step.changes.items()
        self._position = self._committed = offset + 1
        self.announced += step.announcements
        return step.announcements


class World:
    """One process that is restarted, one that never is, the files of a directory, and Kafka."""

    def __init__(self, directory: Path) -> None:
        self.shelf, self.kafka = Shelf(directory), Kafka()
        self.shelf.put("first", effective="2026-01-01T00:00:00Z", match="{team: a}")
        self.kafka.publish(self.shelf.plan(may_backdate=True))
        self.restarted, self.steady = self.processes = Process(self.kafka), Process(self.kafka)
        for process in self.processes:
            process.start(self.kafka.published())

    def take(self, op: Op, now: int) -> bool:
        """Does it, unless it is refused. True: it was told to change what has begun."""
        try:
            return self._take(op, now)
        except RefusalError:
            event(f"{type(op).__name__} is refused")
            if isinstance(op, Publish | Restart):
                self._take_unpublished_away()  # else no later publication and no start would have a chance
            return False

    def _take(self, op: Op, now: int) -> bool:
        if isinstance(op, Write):
            known = [version for policy, version in self.kafka.published().versions if policy == op.policy]
            version, match = op.version or max(known, default=0) + 1, op.match or MATCHES[op.policy]
            self.shelf.put(op.policy, version, effective=now + op.ahead, match=match, after=op.after)
        elif isinstance(op, Remove):
            (self.shelf.directory / f"{op.policy}-{op.version}.yaml").unlink(missing_ok=True)
        elif isinstance(op, Retire):
            self.kafka.publish(plan_retirement(op.policy, now + op.ahead, self.kafka.published(), now))
        elif isinstance(op, Publish):
            return self._publish(now, backdate=op.backdate)
        elif isinstance(op, Restart):
            self.restarted.kill()
            self._publish(now)
            self.restarted.start(self.kafka.published())
        else:
            self._happen(op, now)
        return False

    def _publish(self, now: int, *, backdate: bool = False) -> bool:
        files = self.shelf.read()
        done = asyncio.run(planned({}, SETTINGS, files, self.kafka.published(), now, backdate=backdate))
        self.kafka.publish(done)
        judging = self.kafka.published().directory.files
        for key, file in files.files.items():  # else it had to be refused
            assert judging[key].policy.sha256 == file.policy.sha256
        if done.new:
            event("a version is published" + (", backdated" if done.backdated else ""))
        return bool(done.backdated)

    def _take_unpublished_away(self) -> None:
        for path in self.shelf.directory.glob("*.yaml"):
            path.unlink()

    def _happen(self, op: Happen, now: int) -> None:
        number = len(self.kafka.facts)
        data = {"customer_id": "c", "channel": "phone"} if op.kind is Kind.RECEIVED else {}
        fact = Fact(now + op.ahead, op.kind, "/desk", f"e{number}", data | {"team": op.team}, now, 0, number)
        self.kafka.facts.append((op.ticket, fact))

    def begun(self, now: int) -> tuple[set[tuple[str, int]], list[tuple[object, ...]]]:
        """The cycles that have started by `now`: their tickets and numbers, and their verdicts for good."""
        policies = self.kafka.published().directory.policies
        cycles, rows = set[tuple[str, int]](), list[tuple[object, ...]]()
        for ticket in TICKETS:
            found = judge(self.kafka.of(ticket), policies, TENANT, now + FAR)
            cycles |= {(ticket, cycle.number) for cycle in found.cycles if cycle.started_at <= now}
            rows += [
                row
                for run, row in zip(found.runs, verdict(found), strict=True)
                if run.cycle.started_at <= now
            ]
        return cycles, rows

    def judged(self, now: int) -> list[Announcement]:
        """What stands by all facts and by all that is published."""
        policies = self.kafka.published().directory.policies
        return [
            told
            for ticket in TICKETS
            for told in standing(
                About(TENANT, ticket), judge(self.kafka.of(ticket), policies, TENANT, now), now
            )
        ]


@given(OPS)
@settings(max_examples=150, deadline=None)
def test_a_process_that_restarts_judges_as_one_that_never_did_and_what_has_begun_keeps_its_verdict(
    ops: list[tuple[int, Op]],
) -> None:
    with TemporaryDirectory() as directory:
        world, now = World(Path(directory)), JUNE
        for passed, op in [*FIRST, *ops, (0, Restart()), (FAR // 2, Restart()), (0, Restart())]:
            now += passed
            were_up = [process for process in world.processes if process.is_up]
            for process in were_up:
                process.judge(now)
            before, then = world.begun(now), now
            rewritten = world.take(op, now) or isinstance(op, Happen)
            now += 1  # what other policies may judge otherwise is judged again from the next instant on
            for process in [process for process in world.processes if process.is_up]:
                told = process.judge(now)
                if process in were_up and not rewritten:
                    begun = [one for one in told if (one.ticket_id, one.cycle) in before[0]]
                    assert [one for one in begun if one.due_at != then] == []  # nothing else came due
                assert net(process.announced) == net(world.judged(now))
                well_formed(process.announced)
            if not rewritten:
                assert world.begun(then) == before
        assert world.restarted.is_up
