"""Asks processes that run which policies they know, and compares that with what is published.

A process takes a publication up within seconds, and may not answer yet at its start. So processes that differ
are asked again, for AGREE_WITHIN_SECONDS, against what is published by then.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.board.probes import NOT_OURS, NoAnswerError, ask
from service.clock import now_ms
from service.kafka.topics.members import members
from service.policy.differences import PolicyDifference, differences
from service.policy.published import Published
from service.processes.policies import Reach, read_published_policies
from service.settings import Settings
from service.sla.policy import Policies

AGREE_WITHIN_SECONDS = 5.0
AGAIN_AFTER_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class KnownPolicies:
    """What one process answered. `ready`: as at /readyz; None: it gave no answer, and `failure` says why."""

    url: str
    ready: bool | None
    differences: tuple[PolicyDifference, ...] = ()
    failure: str | None = None

    @property
    def agrees(self) -> bool:
        """True when the process answers, and knows what is published."""
        return self.failure is None and not self.differences


@dataclass(frozen=True, slots=True)
class PolicyComparison:
    """What is published, and what each process knows of it."""

    published: Published
    processes: Sequence[KnownPolicies]
    members: int  # the number of processes in the group, asked or not


async def compared(reach: Reach, settings: Settings, urls: Sequence[str]) -> PolicyComparison:
    """Compare what is published with what the process of each URL knows. Raises RefusalError."""
    loop = asyncio.get_running_loop()
    until = loop.time() + AGREE_WITHIN_SECONDS
    while True:
        published = await read_published_policies(reach, settings, must_exist=True)
        policies = published.directory.policies
        found = await asyncio.gather(*[asyncio.to_thread(_asked, url, policies) for url in urls])
        if all(one.agrees for one in found) or loop.time() >= until:
            break
        await asyncio.sleep(AGAIN_AFTER_SECONDS)
    return PolicyComparison(published, found, len(await members(reach, settings.group)))


def _asked(url: str, policies: Policies) -> KnownPolicies:
    """Ask one process. Blocks."""
    try:
        body = ask(url)
    except NoAnswerError as error:
        return KnownPolicies(url, None, failure=f"does not answer: {error}")
    return read_known(url, body, policies, now_ms())


def read_known(url: str, body: bytes, policies: Policies, at: int) -> KnownPolicies:
    """Read what a process answered at `at` (ms), and compare it with the published `policies`."""
    try:
        said: Any = json.loads(body)
        _ = said["partitions"]  # the board has none
        known = _rows(said.get("policies", ()))  # left out when there is none
        ready = bool(said["ready"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return KnownPolicies(url, None, failure=f"{NOT_OURS} run")
    return KnownPolicies(url, ready, tuple(differences(policies, known, at)))


def _rows(said: Iterable[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Return the rows, each with an id and a version. Raises KeyError or TypeError."""
    return [dict(row, policy=row["policy"], version=row["version"]) for row in said]
