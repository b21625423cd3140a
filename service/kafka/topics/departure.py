"""Processes that are gone for good: out of the group, and a look whether they are gone indeed."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from service.errors import RefusalError
from service.kafka.client.leave_group_request import Leaver, leave
from service.kafka.client.patience import patiently
from service.kafka.topics.acl import DENIALS, of_group
from service.kafka.topics.members import instance_of, members

BACK_WITHIN_SECONDS = 3.0  # a heartbeat, and what giving partitions up may take on a busy machine
LOOK_SECONDS = 0.2  # between two looks


async def take_out(connection: Mapping[str, Any], group: str, instances: Sequence[str]) -> dict[str, str]:
    """Give those that are no members, each with the names of those that are. Raises RefusalError."""
    leavers = [Leaver(instance) for instance in instances]
    try:
        unknown = await patiently(connection, partial(leave, connection, group, leavers), but=DENIALS)
    except DENIALS:
        raise RefusalError(of_group(connection, group)) from None
    others = ", ".join(sorted(map(instance_of, await members(connection, group)))) if unknown else ""
    return dict.fromkeys(unknown, others)


async def alive(connection: Mapping[str, Any], group: str, instances: Sequence[str]) -> list[str]:
    """Those that have joined again: who lives learns with its next heartbeat that it is out.

    Nothing else tells the living from the dead before the session has ended. Raises RefusalError.
    """
    until = asyncio.get_running_loop().time() + BACK_WITHIN_SECONDS
    back: set[str] = set()
    while len(back) < len(instances) and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(LOOK_SECONDS)
        back |= {instance_of(member) for member in await members(connection, group)} & set(instances)
    return sorted(back)
