"""Removes static members from a group, by a request version that aiokafka lacks."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aiokafka.errors import (
    CoordinatorLoadInProgressError,
    GroupCoordinatorNotAvailableError,
    KafkaError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

from service.kafka.client.admin import administering

ANSWER_WITHIN_MS = 5_000
AGAIN_SECONDS = 0.1  # before the retry when the coordinator has moved
_MOVED = (CoordinatorLoadInProgressError, GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError)


class Leaver(NamedTuple):
    """A static member to remove. With a `member_id`, only the process with that id is removed.

    Another process of the same instance name then stays.
    """

    instance: str
    member_id: str = ""


class _LeaveResponse3(Response):  # type: ignore[misc] # aiokafka has no types
    """LeaveGroup version 3, the first with static members; the library stops at version 1."""

    API_KEY = 13
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "members",
            Array(("member_id", String()), ("group_instance_id", String()), ("error_code", Int16)),
        ),
    )


class _LeaveRequest3(RequestStruct):  # type: ignore[misc]
    API_KEY = 13
    API_VERSION = 3
    RESPONSE_TYPE = _LeaveResponse3
    SCHEMA = Schema(
        ("group", String()),
        ("members", Array(("member_id", String()), ("group_instance_id", String()))),
    )


class _LeaveRequest(Request[_LeaveRequest3]):  # type: ignore[misc]
    API_KEY = 13

    def __init__(self, group: str, leavers: list[Leaver]) -> None:
        self._group = group
        self._leavers = leavers

    def build(self, request_struct_class: type[_LeaveRequest3]) -> _LeaveRequest3:
        """See aiokafka's Request."""
        members = [(leaver.member_id, leaver.instance) for leaver in self._leavers]
        return request_struct_class(self._group, members)


async def leave(
    connection: Mapping[str, Any], group: str, leavers: Iterable[Leaver]
) -> dict[str, type[KafkaError]]:
    """Remove members from the group; the remaining members share their partitions. Gives errors by instance.

    The error is UnknownMemberIdError for a member that Kafka did not find, or says that another process has
    its name now. Retries until the coordinator answers, so the caller must bound it. Raises KafkaError and
    OSError.
    """
    asked = list(leavers)
    async with administering(connection, ANSWER_WITHIN_MS) as admin:
        while True:
            try:
                coordinator = await admin.find_coordinator(group)
                answer = await admin._send_request(_LeaveRequest(group, asked), coordinator)  # noqa: SLF001
                if answer.error_code:
                    raise for_code(answer.error_code)(f"group {group}")
                return {name: for_code(code) for _, name, code in answer.members if code}
            except _MOVED:
                await asyncio.sleep(AGAIN_SECONDS)
