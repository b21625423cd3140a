"""Memory of a page that is watched for an hour, and of the board that serves it. Needs Chromium.

`--scale` is a fraction of the hour. Tickets come and go, deadlines lapse, rows change all the time.
"""

import asyncio
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from playwright.async_api import Browser, CDPSession, async_playwright

from bench import contestants
from bench.cluster import cluster, topics
from bench.flat import MINUTES, growth
from bench.lives import WATCHED, lives
from bench.options import Options
from bench.program import ProgramError, Running, ready, running
from bench.result import Figure
from schemas.topics import LIFECYCLE
from service.demo.broker_config import free_ports
from service.demo.publish import publish
from service.demo.traffic import DemoEvent
from service.settings import read_settings

PARTITIONS = 3
MINUTE = 60.0  # seconds
PAGES = {"list": "/", "ticket": f"/ticket?id={WATCHED}"}
READINGS = ("JSHeapUsedSize", "Nodes", "JSEventListeners")
ROWS = "rows"  # of the list's table; as many more nodes are no leak
COUNT = {"expression": "document.querySelectorAll('#rows tr').length", "returnByValue": True}
SEEN_WITHIN = 60.0  # seconds: the first tickets are on the board
POLICY = "seconds.yaml"
BAR = "≤ 1.1"
BOARD = "board"
RENDERERS = "the browser's page processes"  # with what the browser keeps for who debugs it


@dataclass
class Watched:
    """A page in a browser, and what was read of it once a minute."""

    session: CDPSession
    messages: int = 0
    courses: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in (*READINGS, ROWS)})

    async def read(self) -> None:
        """What the page holds once all that is free was freed."""
        await self.session.send("HeapProfiler.collectGarbage")
        metrics = (await self.session.send("Performance.getMetrics"))["metrics"]
        found = {metric["name"]: metric["value"] for metric in metrics}
        for name in READINGS:
            self.courses[name].append(found[name])
        self.courses[ROWS].append((await self.session.send("Runtime.evaluate", COUNT))["result"]["value"])

    def took(self, _: object) -> None:
        """One message of the server."""
        self.messages += 1


@dataclass
class Counted:
    """Events, and how many of them were asked for."""

    events: Iterator[DemoEvent]
    count: int = 0

    def __iter__(self) -> Iterator[DemoEvent]:
        for event in self.events:
            self.count += 1
            yield event


async def measure(options: Options) -> list[Figure]:
    """The row `page`."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise ProgramError("no chromium on the PATH")
    with cluster() as bootstrap, tempfile.TemporaryDirectory(prefix="sla-timer-") as directory:
        policy = files("service.demo") / "policies" / POLICY
        (Path(directory) / POLICY).write_text(policy.read_text(encoding="utf-8"), encoding="utf-8")
        prefix = f"{uuid.uuid4().hex[:6]}."
        service = contestants.service(bootstrap, prefix, SLA_POLICIES=directory, SLA_GRACE="200ms")
        address = f"127.0.0.1:{free_ports(1)[0]}"
        command = [sys.executable, "-m", "service", "board", "--service", f"http://{service.env['SLA_HTTP']}"]
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(topics(bootstrap, prefix, PARTITIONS, Path(directory)))
            judging = await stack.enter_async_context(running(service.command, service.env))
            await ready(judging, service.env["SLA_HTTP"])
            board = await stack.enter_async_context(running(command, {**service.env, "SLA_HTTP": address}))
            await ready(board, address)
            events = Counted(lives())
            flow = asyncio.create_task(publish(read_settings(service.env), LIFECYCLE, iter(events)))
            stack.push_async_callback(_ended, flow)
            browser = await stack.enter_async_context(_browser(chromium))
            pages = {name: await _watched(browser, f"http://{address}{path}") for name, path in PAGES.items()}
            held = await _courses(pages, browser, board, flow, MINUTE * options.scale)
            return _figures(pages, held, events.count, 100 * board.cpu / board.seconds)


async def _ended(flow: asyncio.Task[None]) -> None:
    flow.cancel()
    with suppress(asyncio.CancelledError):
        await flow


@asynccontextmanager
async def _browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def _watched(browser: Browser, url: str) -> Watched:
    """A page in a process of its own. It fades nothing in: that is much to paint without a graphics card."""
    context = await browser.new_context(reduced_motion="reduce")
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    watched = Watched(session)
    await session.send("Performance.enable")
    await session.send("Network.enable")
    session.on("Network.eventSourceMessageReceived", watched.took)
    async with asyncio.timeout(SEEN_WITHIN):
        while (await page.goto(url)) is None or not await page.get_by_text(WATCHED).count():
            await page.wait_for_timeout(1_000)
    return watched


async def _courses(
    pages: dict[str, Watched], browser: Browser, board: Running, flow: asyncio.Task[None], minute: float
) -> dict[str, list[float]]:
    """Reads all pages once a minute for an hour. Gives the memory of processes likewise, in MB."""
    loop, tasks = asyncio.get_running_loop(), await browser.new_browser_cdp_session()
    held: dict[str, list[float]] = {BOARD: [], RENDERERS: []}
    began = loop.time()
    for number in range(MINUTES + 1):
        await asyncio.sleep(began + number * minute - loop.time())
        if flow.done():
            flow.result()
        board.check()
        for page in pages.values():
            await page.read()
        held[BOARD].append(board.resident / 1e6)
        processes = (await tasks.send("SystemInfo.getProcessInfo"))["processInfo"]
        renderers = [process["id"] for process in processes if process["type"] == "renderer"]
        held[RENDERERS].append(sum(map(_own, renderers)) / 1e6)
        _say(number, pages, held)
    return held


def _own(pid: int) -> int:
    """Bytes of memory that a process shares with nobody."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith("Private_Dirty")))


def _say(number: int, pages: dict[str, Watched], held: dict[str, list[float]]) -> None:
    said = [f"{name} {course[-1]:.1f} MB" for name, course in held.items()]
    for name, page in pages.items():
        heap, nodes, listeners, rows = (course[-1] for course in page.courses.values())
        said.append(
            f"{name} {heap / 1e6:.2f} MB {nodes:.0f} nodes {rows:.0f} rows {listeners:.0f} listeners "
            f"{page.messages} messages"
        )
    print(f"  {number}: {'; '.join(said)}", flush=True)


def _figures(
    pages: dict[str, Watched], held: dict[str, list[float]], events: int, share: float
) -> list[Figure]:
    figures = []
    for name, page in pages.items():
        heap, nodes, listeners, rows = page.courses.values()
        figures += [
            Figure(f"{name}: script memory, last ten minutes ÷ 5–15", "×", [growth(heap)], BAR),
            Figure(f"{name}: nodes, likewise", "×", [growth(nodes)], BAR),
            Figure(f"{name}: listeners, likewise", "×", [growth(listeners)], BAR),
            Figure(f"{name}: script memory", "MB", [used / 1e6 for used in heap]),
            Figure(f"{name}: nodes", "", nodes),
            Figure(f"{name}: rows", "", rows),
            Figure(f"{name}: messages", "", [page.messages]),
        ]
    for name, course in held.items():
        bar = BAR if name == BOARD else ""
        figures.append(Figure(f"{name}: memory, likewise", "×", [growth(course)], bar))
        figures.append(Figure(f"{name}: memory", "MB", course))
    return [
        *figures,
        Figure(f"{BOARD}: of a core", "%", [share]),
        Figure("events published", "", [events]),
    ]
