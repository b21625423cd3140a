"""Composition root of `gateway`, a process of its own: sources, Kafka, metrics, HTTP and signals."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from schemas.topics import GATEWAYS, LIFECYCLE, UNDELIVERABLE
from service.clock import now_ms
from service.errors import RefusalError
from service.events.fact import FITTINGS
from service.events.rejection import Reason
from service.gateway.answers import HookAnswer
from service.gateway.gateway_file import read_sources
from service.gateway.intake import TOO_MANY_EVENTS, UNMAPPABLE
from service.gateway.port import DeliveryObserver
from service.gateway.routes import PATH, Hooks, response
from service.gateway.signature import Unauthorised
from service.gateway.source import HookSource
from service.kafka.client.options import connection
from service.kafka.codec.partitioner import PARTITIONERS
from service.kafka.topics.acl import missing_of_gateway
from service.kafka.topics.check import check, too_small_for_bodies, warnings
from service.kafka.topics.ensure import FoundTopic, find
from service.kafka.topics.event_log import KafkaEventLog, WrittenTopics
from service.processes.build import build
from service.processes.connections import ConnectionLimiter
from service.processes.http import EXPOSITION, OwnHosts, Server, listen
from service.processes.last_words import last_words, run_process
from service.processes.signals import when_asked_to_end
from service.settings import LOOPBACK, Settings
from service.sla.facts import Kind
from service.telemetry import loop_lag as stall
from service.telemetry import metric_names
from service.telemetry.gateway_metrics import GatewayMetrics
from service.telemetry.gc_tuning import collect_seldom

log = logging.getLogger(__name__)

ANSWERED_WITHIN_SECONDS = 5  # after the stop, for requests under way: 3 s of Kafka, and their bodies
FLUSHED_WITHIN_SECONDS = 4.0


class NeverServerError:
    """Answers 503 where the application fails by an error of its own: products do not retry a 500.

    The log gets the type of the error and its place, as its text may hold data.
    """

    def __init__(self, app: ASGIApp, observer: DeliveryObserver) -> None:
        self._app, self._observer = app, observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        begun = False

        async def watched(message: Mapping[str, object]) -> None:
            nonlocal begun
            begun = True
            await send(message)  # type: ignore[arg-type]

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # the process goes on: other deliveries are not concerned
            if begun:
                raise
            log.critical("failed: %s", last_words(error), exc_info=error)
            self._observer.answered("", HookAnswer.FAILED.outcome)
            await response(HookAnswer.FAILED)(scope, receive, send)


def serve_gateway(settings: Settings) -> int:
    """Run until SIGTERM, SIGINT or SIGHUP, then return 0. Raises RefusalError when it does not start."""
    return run_process(settings.log, _serve(settings))


async def _serve(settings: Settings) -> int:
    stop = asyncio.Event()
    when_asked_to_end(asyncio.get_running_loop(), stop.set)
    stopping = asyncio.create_task(stop.wait())
    sources = read_sources(settings.gateway, open_to_others=settings.http[0] not in LOOPBACK)
    with listen(settings.http) as listener:
        preparing = asyncio.create_task(_prepare(settings, max(one.limit for one in sources.values())))
        await asyncio.wait([preparing, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not preparing.done():
            preparing.cancel()
            return 0
        events = preparing.result()
        for source in sources.values():
            if source.proof is None:
                log.warning(
                    "%s: anybody on this machine may send deliveries: it has no secret", source.endpoint
                )
        metrics = _metrics(settings, sources.values())
        hooks = Hooks(sources, events, metrics, now=now_ms, seconds=time.monotonic)
        app = application(hooks, events, metrics, settings.http[0])
        collect_seldom()
        server = Server(app, ConnectionLimiter(metrics.turned_away), drain=ANSWERED_WITHIN_SECONDS)
        serving = asyncio.create_task(server.serve([listener]))
        publishing = asyncio.create_task(events.run())
        watching = asyncio.create_task(stall.watch(metrics[metric_names.LOOP_STALL].observe))
        log.info("listening", extra={"port": listener.getsockname()[1]})
        tasks = (serving, publishing, watching, stopping)
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        server.should_exit = True  # no new requests; those under way are answered
        await asyncio.wait([serving], timeout=ANSWERED_WITHIN_SECONDS)
        publishing.cancel()
        watching.cancel()
        await asyncio.wait([publishing], timeout=FLUSHED_WITHIN_SECONDS)
        for task in done - {stopping}:
            task.result()
    log.info("stopped")
    return 0


async def _prepare(settings: Settings, largest: int) -> KafkaEventLog:
    """Check rights and topics. `largest`: bytes of the largest body. Raises RefusalError."""
    reach, prefix = connection(settings), settings.topic_prefix
    if denied := await missing_of_gateway(reach, prefix):
        raise RefusalError("\n".join(denied))
    topics = await find(reach, prefix)
    if wrong := check(topics, prefix, GATEWAYS) or _too_small(topics, prefix, largest):
        raise RefusalError("\n".join(wrong))
    for warning in warnings(topics, prefix, GATEWAYS):
        log.warning("%s", warning)
    written = WrittenTopics(
        LIFECYCLE.named(prefix),
        UNDELIVERABLE.named(prefix),
        {topic.named(prefix): topics[topic.name].min_insync for topic in GATEWAYS},
    )
    return KafkaEventLog(reach, written, PARTITIONERS[settings.partitioner], largest)


def _too_small(topics: Mapping[str, FoundTopic], prefix: str, largest: int) -> list[str]:
    return list(too_small_for_bodies(topics[UNDELIVERABLE.name], UNDELIVERABLE.named(prefix), largest))


def _metrics(settings: Settings, sources: Iterable[HookSource]) -> GatewayMetrics:
    return GatewayMetrics(
        {source.endpoint: source.quiet_after for source in sources},
        outcomes=[answer.outcome for answer in HookAnswer],
        unauthorised=[why.value for why in Unauthorised],
        reasons=[UNMAPPABLE, TOO_MANY_EVENTS, *(reason.value for reason in Reason)],
        kinds=[kind.word for kind in Kind],
        fields=sorted({field for field, _ in FITTINGS}),
        grace=settings.grace,
        now=now_ms(),
        build=build(),
    )


def application(
    hooks: Hooks,
    events: KafkaEventLog,
    metrics: GatewayMetrics,
    listening_on: str,
) -> ASGIApp:
    """Return the ASGI application: endpoints for any Host, pages of the process for its own hosts only."""

    async def show_metrics(_: Request) -> Response:
        return Response(metrics.render(under_way=hooks.under_way, takes=events.takes), media_type=EXPOSITION)

    async def livez(_: Request) -> Response:
        return PlainTextResponse("alive\n")  # whenever the loop runs, also while Kafka is away

    async def readyz(_: Request) -> Response:
        return JSONResponse({"ready": events.takes}, 200 if events.takes else 503)

    routes = [Route("/metrics", show_metrics), Route("/livez", livez), Route("/readyz", readyz)]
    pages = OwnHosts(Router(routes, redirect_slashes=False), listening_on)
    endpoints = NeverServerError(hooks, metrics)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        hook = scope["type"] == "http" and scope["path"].startswith(PATH)
        await (endpoints if hook else pages)(scope, receive, send)

    return app
