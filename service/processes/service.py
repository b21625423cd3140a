"""Composition root of `run`: startup checks, consumer group, metrics, HTTP and signals."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping

from schemas import topics
from service.clock import now_ms
from service.events.fact import FITTINGS
from service.events.rejection import Reason
from service.kafka.codec.partitioner import PARTITIONERS
from service.kafka.exactly_once.context import OwnerSettings, Topics
from service.kafka.exactly_once.group import Group
from service.kafka.exactly_once.source import channels, complaints
from service.kafka.exactly_once.status import OwnerState
from service.kafka.topics.policy_feed import PublishedPolicies
from service.policy.in_force import (
    PolicyState,
    in_force_line,
    known_policies,
    policy_labels,
    policy_spans,
)
from service.policy.published import Published
from service.processes.asyncapi import document
from service.processes.build import build, version
from service.processes.connections import ConnectionLimiter
from service.processes.http import Answers, Server, application, listen
from service.processes.last_words import run_process
from service.processes.signals import when_asked_to_end
from service.processes.startup_checks import Prepared, prepare
from service.settings import Settings
from service.sla.policy import Policies
from service.sla.statement import activity
from service.telemetry import loop_lag as stall
from service.telemetry import metric_names
from service.telemetry.gc_tuning import collect_seldom
from service.telemetry.metrics import Metrics
from service.telemetry.recorder import Recorder

log = logging.getLogger(__name__)

GIVE_UP_WITHIN_SECONDS = 8.0  # to release partitions and group; with HTTP's part below the promised 10 s
HTTP_WITHIN_SECONDS = 1.5


def serve(settings: Settings) -> int:
    """Run until SIGTERM, SIGINT or SIGHUP, then return 0. Raises RefusalError when it does not start."""
    return run_process(settings.log, _serve(settings))


async def _serve(settings: Settings) -> int:
    stop = asyncio.Event()
    when_asked_to_end(asyncio.get_running_loop(), stop.set)
    stopping = asyncio.create_task(stop.wait())
    with listen(settings.http) as listener:
        preparing = asyncio.create_task(prepare(settings))
        if await _first(preparing, stopping) is preparing:
            group, metrics, feed = _wire(settings, preparing.result())
            collect_seldom()
            answers = _answers(settings, group, metrics, feed)
            server = Server(application(answers, settings.http[0]), ConnectionLimiter(metrics.turned_away))
            serving = asyncio.create_task(server.serve([listener]))
            log.info("listening", extra={"port": listener.getsockname()[1]})
            working = asyncio.create_task(group.run())
            watching = asyncio.create_task(stall.watch(metrics[metric_names.LOOP_STALL].observe))
            told = False
            try:
                first = await _first(working, serving, watching, stopping)
                told = first is stopping
            finally:
                log.info("stopping")
                # A failed process is most likely restarted. Only a process that was told to end may leave.
                leaves = told and settings.on_stop == "leave"
                await _bounded(group.stop(leaves=leaves), GIVE_UP_WITHIN_SECONDS)
                watching.cancel()
                server.should_exit = True
                await asyncio.wait([serving], timeout=HTTP_WITHIN_SECONDS)
            first.result()
    log.info("stopped")
    return 0


async def _first(*tasks: "asyncio.Task[object]") -> "asyncio.Task[object]":
    """Return the first task to end; of several, the first in this order. The other tasks run on."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    return next(task for task in tasks if task in done)


async def _bounded(awaitable: Awaitable[object], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await awaitable
    except TimeoutError:
        log.warning("no orderly end within %.0f s: other members wait until our session times out", seconds)


def _wire(settings: Settings, ground: Prepared) -> tuple[Group, Metrics, PublishedPolicies]:
    policies = ground.published.directory.policies
    metrics = Metrics(
        _levels(policies),
        agreements=policies.agreements,
        reasons=Reason,
        codes=FITTINGS,
        states=OwnerState,
        calendars=_valid_until(policies),
        build=build(),
    )
    for topic in topics.SERVED:
        metrics[metric_names.TOPIC_FALLS_SHORT].labels(topic.name).set(topic.name in ground.short)
    prefix = settings.topic_prefix

    def changed(published: Published) -> None:
        now = published.directory.policies
        metrics.show_policies(_levels(now), now.agreements, _valid_until(now))
        log.info("%s", in_force_line(now, now_ms()))

    feed = PublishedPolicies(ground.connection, topics.POLICIES.named(prefix), ground.published, changed)
    terms = OwnerSettings(
        connection=ground.connection,
        group=settings.group,
        topics=Topics(
            breaches=topics.BREACHES.named(prefix),
            clocks=topics.CLOCKS.named(prefix),
            rejected=topics.REJECTED.named(prefix),
        ),
        inputs=(
            complaints(
                topics.LIFECYCLE.named(prefix),
                topics.TICKETS.named(prefix),
                policies,
                settings.retention,
                ground.topics[topics.TICKETS.name].largest,
            ),
            channels(
                topics.CHANNELS.named(prefix),
                topics.DESKS.named(prefix),
                policies,
                settings.retention,
                ground.topics[topics.DESKS.name].largest,
            ),
        ),
        grace=settings.grace,
        pace=settings.pace / 1_000,
        now=now_ms,
        partitioner=PARTITIONERS[settings.partitioner],
        observer=Recorder(metrics, settings.grace),
        largest={prefix + name: found.largest for name, found in ground.topics.items()},
        policies=feed,
    )
    return Group(terms, settings.instance), metrics, feed


def _answers(settings: Settings, group: Group, metrics: Metrics, feed: PublishedPolicies) -> Answers:
    def partitions() -> Mapping[str, str] | None:
        return (
            {_named(source): status.state for source, status in group.worker.status().items()}
            if group.joined
            else None
        )

    def restoring() -> Mapping[str, Mapping[str, float | None]]:
        return {
            _named(source): {
                "records": status.restored,
                "of": status.total,
                "percent": status.percent,
                "seconds_left": None if status.seconds_left is None else round(status.seconds_left, 1),
            }
            for source, status in group.worker.status().items()
            if status.state is OwnerState.RESTORING
        }

    def refused() -> Mapping[str, str]:
        return {
            _named(source): status.reason for source, status in group.worker.status().items() if status.reason
        }

    return Answers(
        metrics=lambda: metrics.render(
            group.worker.status(),
            group.worker.expected,
            group.worker.astray,
            compared=group.worker.clock.compared,
            policies=policy_labels(feed.policies, now_ms()),
        ),
        partitions=partitions,
        restoring=restoring,
        refused=refused,
        policies=lambda: known_policies(feed.policies, now_ms()),
        clock=lambda: (group.worker.clock.wrong, group.worker.clock.late),
        asyncapi=document(settings.topic_prefix, version()),
    )


def _named(source: tuple[str, int]) -> str:
    """Return the name of a partition in the form of Kafka's tools."""
    return f"{source[0]}-{source[1]}"


def _levels(policies: Policies) -> set[tuple[str, str]]:
    """Return each (clock, level) that can be announced."""
    levels = {
        (clock.name, level.name)
        for policy in policies.versions
        for clock in policy.clocks
        for level in clock.levels
    }
    silent = {(activity(one.agreement), "warning") for one in policies.versions if one.stalled_after_ms}
    held = {(activity(one.agreement), "warning-held") for one in policies.versions if one.held_after_ms}
    return levels | silent | held


def _valid_until(policies: Policies) -> dict[str, int]:
    """Return until when (ms) each calendar has official days. Only calendars of clocks with official days.

    Those of versions that judge no new cycle are left out: nobody would add a year to them.
    """
    ended = (PolicyState.SUPERSEDED, PolicyState.RETIRED)
    return {
        clock.calendar.name: until
        for span in policy_spans(policies, now_ms())
        for clock in span.policy.clocks
        if span.state not in ended
        if (until := clock.calendar.valid_until) is not None
    }
