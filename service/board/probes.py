"""Probes of the service's processes: reads their /readyz."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from service.board.snapshot import Probe

ASK_EVERY_SECONDS = 2.0
ANSWER_WITHIN_SECONDS = 2.0
NOT_OURS = "its answer is not that of sla-timer"
_LARGEST_BYTES = 1 << 20
# Without the proxy of the environment, which is not meant for our own processes.
_straight = build_opener(ProxyHandler({})).open


class NoAnswerError(Exception):
    """A process did not answer. The text is the reason."""


class Services:
    """Polls the processes. `probes` has the last answer of each by URL (http or https, without a path)."""

    def __init__(self, urls: Sequence[str], topic: str) -> None:
        self._urls = urls
        self._topic = topic  # only the partitions of this topic count
        self.probes: Mapping[str, Probe] = {}

    async def run(self) -> None:
        """Probe all processes every ASK_EVERY_SECONDS, until cancelled."""
        while True:
            found = await asyncio.gather(*[asyncio.to_thread(probe, url, self._topic) for url in self._urls])
            self.probes = dict(zip(self._urls, found, strict=True))
            await asyncio.sleep(ASK_EVERY_SECONDS)


def probe(url: str, topic: str) -> Probe:
    """Probe one process: return its answer, or why there is none. Blocks."""
    try:
        return read_probe(ask(url), topic)
    except NoAnswerError as error:
        return Probe({}, {}, str(error))


def ask(url: str) -> bytes:
    """Return what a process answers at /readyz, whatever its state. Blocks. Raises NoAnswerError."""
    try:
        return _body(url.rstrip("/") + "/readyz")
    except URLError as error:
        raise NoAnswerError(str(error.reason)) from None
    except (HTTPException, OSError, UnicodeError) as error:  # UnicodeError: of what can be no host's name
        raise NoAnswerError(str(error) or type(error).__name__) from None


def _body(url: str) -> bytes:
    try:
        with _straight(url, timeout=ANSWER_WITHIN_SECONDS) as answer:
            return bytes(answer.read(_LARGEST_BYTES))
    except HTTPError as answer:  # 503: not ready; the body says why
        with answer:
            return answer.read(_LARGEST_BYTES)


def read_probe(body: bytes, topic: str) -> Probe:
    """Read the body of an answer. It names partitions `topic-number`; only those of `topic` are returned."""
    try:
        said: Any = json.loads(body)
        states = {number: str(state) for number, state in _of(said["partitions"], topic)}
        restoring = {number: far["percent"] for number, far in _of(said.get("restoring", {}), topic)}
        refused = {number: str(why) for number, why in _of(said.get("refused", {}), topic)}
    except (ValueError, TypeError, KeyError, AttributeError):
        return Probe({}, {}, NOT_OURS)
    return Probe(states, restoring, refused=refused)


def _of(named: Mapping[str, Any], topic: str) -> Iterator[tuple[int, Any]]:
    for name, value in named.items():
        of, _, number = name.rpartition("-")
        if of == topic:
            yield int(number), value
