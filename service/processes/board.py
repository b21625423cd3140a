"""Composition root of `board`, a process of its own: Kafka readers, probes, pages and signals."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import ExitStack

from schemas.topics import DESKS, LIFECYCLE, POLICIES, TICKETS
from service.board.auth import Token
from service.board.board import Board
from service.board.codes import InputCodes
from service.board.desks import DeskShelf
from service.board.probes import Services
from service.board.routes import MOST_VIEWERS, application
from service.board.snapshot import GroupView, OwnerView, ReachView, Snapshot
from service.board.tickets import TicketShelf
from service.clock import now_ms
from service.errors import RefusalError
from service.kafka.client.options import connection
from service.kafka.topics.code_reader import CodeReader
from service.kafka.topics.follow import Follower
from service.kafka.topics.owners import Owners
from service.kafka.topics.policy_feed import PublishedPolicies
from service.policy.in_force import in_force_line
from service.policy.published import Published
from service.processes.build import build
from service.processes.connections import ConnectionLimiter
from service.processes.http import OwnHosts, Server, listen
from service.processes.last_words import run_process
from service.processes.policies import read_published_policies
from service.processes.signals import when_asked_to_end
from service.settings import Settings
from service.telemetry import loop_lag as stall
from service.telemetry.board_metrics import BoardMetrics
from service.telemetry.metric_names import LOOP_STALL

log = logging.getLogger(__name__)

STOP_WITHIN_SECONDS = 5.0


class Watch:
    """The sources of one board, which run concurrently."""

    def __init__(self, settings: Settings, published: Published, services: Sequence[str]) -> None:
        reach, prefix = connection(settings), settings.topic_prefix
        policies = published.directory.policies
        shelf = TicketShelf(policies)
        self.follower = Follower(reach, TICKETS.named(prefix), shelf, now_ms)
        desks = DeskShelf(policies)
        self.desk_follower = Follower(reach, DESKS.named(prefix), desks, now_ms)
        self.owners = Owners(reach, settings.group, LIFECYCLE.named(prefix), now_ms)
        self.services = Services(services, LIFECYCLE.named(prefix))
        codes = InputCodes(LIFECYCLE.named(prefix))
        self.code_reader = CodeReader(reach, LIFECYCLE.named(prefix), codes)
        self.board = Board(shelf, desks, self.snapshot, settings.grace, settings.group, codes=codes)
        self.policies = PublishedPolicies(reach, POLICIES.named(prefix), published, self._adopt)
        self._adopt(published)
        self._lagging_since: dict[int, int] = {}

    def snapshot(self) -> Snapshot:
        """Return all that is known now of the sources."""
        now, seen = now_ms(), self.owners.seen
        group = None
        if seen is not None:
            owners = {number: OwnerView(*owner) for number, owner in seen.owners.items()}
            group = GroupView(seen.at, seen.state, seen.partitions, owners, seen.lag)
            self._lagging_since = {
                number: self._lagging_since.get(number, now) for number, lag in seen.lag.items() if lag > 0
            }
        return Snapshot(
            now,
            {number: ReachView(*reach) for number, reach in self.follower.reaches.items()},
            self.follower.failure,
            group,
            self.owners.failure,
            self._lagging_since,
            self.services.probes,
            desk_reaches={number: ReachView(*reach) for number, reach in self.desk_follower.reaches.items()},
        )

    def _adopt(self, published: Published) -> None:
        policies = published.directory.policies
        self.board.adopt(policies, published.latest_at)
        log.info("%s", in_force_line(policies, now_ms()))

    async def run(self) -> None:
        """Run all sources until cancelled. An unexpected error ends them.

        Raises RefusalError when newer software published what this one cannot read.
        """
        sources = (
            self.follower,
            self.desk_follower,
            self.owners,
            self.services,
            self.code_reader,
            self.policies,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                for source in sources:
                    tasks.create_task(source.run())
                tasks.create_task(self.board.look())
        except ExceptionGroup as ended:
            if (refused := ended.subgroup(RefusalError)) is not None:
                raise refused.exceptions[0] from None
            raise


def serve_board(settings: Settings, services: Sequence[str]) -> int:
    """Run until SIGTERM, SIGINT or SIGHUP, then return 0. Raises RefusalError when it does not start."""
    return run_process(settings.log, _serve(settings, services))


async def _serve(settings: Settings, services: Sequence[str]) -> int:
    stop = asyncio.Event()
    when_asked_to_end(asyncio.get_running_loop(), stop.set)
    stopping = asyncio.create_task(stop.wait())
    with ExitStack() as stack:
        listener = stack.enter_context(listen(settings.http))
        preparing = asyncio.create_task(read_published_policies(connection(settings), settings))
        await asyncio.wait([preparing, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not preparing.done():
            preparing.cancel()
            return 0
        watch = Watch(settings, preparing.result(), services)
        token = Token(settings.http_token, now_ms) if settings.http_token else None
        metrics = BoardMetrics(build())
        places = ConnectionLimiter(metrics.turned_away)
        board = application(watch.board, token, metrics, min(MOST_VIEWERS, places.streams))
        server = Server(OwnHosts(board, settings.http[0]), places)
        serving = asyncio.create_task(server.serve([listener]))
        watching = asyncio.create_task(watch.run())
        timing = asyncio.create_task(stall.watch(metrics[LOOP_STALL].observe))
        log.info("listening", extra={"port": listener.getsockname()[1]})
        await asyncio.wait([serving, watching, stopping], return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        watch.board.ticker.stop()
        timing.cancel()
        server.should_exit = True
        watching.cancel()
        await asyncio.wait([serving, watching], timeout=STOP_WITHIN_SECONDS)
        if watching.done() and not watching.cancelled():
            watching.result()
    log.info("stopped")
    return 0
