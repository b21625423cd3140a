"""Removes processes from the group that are gone for good, and checks that they do not come back."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from service.errors import RefusalError
from service.kafka.client.leave_group_request import Leaver, leave
from service.kafka.client.patience import patiently
from service.kafka.topics.acl import DENIALS, of_group
from service.kafka.topics.members import instance_of, members

BACK_WITHIN_SECONDS = 3.0  # a heartbeat, and the time to give partitions up on a busy machine
LOOK_SECONDS = 0.2  # between two checks


async def take_out(connection: Mapping[str, Any], group: str, instances: Sequence[str]) -> dict[str, str]:
    """Remove instances from the group. Raises RefusalError.

    Returns the instances that were no members, each with the names of the present members.
    """
    leavers = [Leaver(instance) for instance in instances]
    try:
        unknown = await patiently(connection, partial(leave, connection, group, leavers), but=DENIALS)
    except DENIALS:
        raise RefusalError(of_group(connection, group)) from None
    others = ", ".join(sorted(map(instance_of, await members(connection, group)))) if unknown else ""
    return dict.fromkeys(unknown, others)


async def alive(connection: Mapping[str, Any], group: str, instances: Sequence[str]) -> list[str]:
    """The removed instances that have joined again, and so are alive.

    A live process learns with its next heartbeat that it was removed, and joins again. Before the session
    ends, only this distinguishes a live process from a dead one. Raises RefusalError.
    """
    until = asyncio.get_running_loop().time() + BACK_WITHIN_SECONDS
    back: set[str] = set()
    while len(back) < len(instances) and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(LOOK_SECONDS)
        back |= {instance_of(member) for member in await members(connection, group)} & set(instances)
    return sorted(back)
