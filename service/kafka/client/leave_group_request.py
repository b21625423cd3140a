"""Taking static members out of the group: needs a version of a request that aiokafka lacks."""

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
AGAIN_SECONDS = 0.1  # until the coordinator is asked once more, when it has moved
_MOVED = (CoordinatorLoadInProgressError, GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError)


class Leaver(NamedTuple):
    """A static member. With its id only that very process goes, not another one with its name."""

    instance: str
    member_id: str = ""


class _LeaveResponse3(Response):  # type: ignore[misc] # aiokafka has no types
    """LeaveGroup version 3, the first that knows static members; the library stops at 1."""

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
    """Take them out of the group: the others share what they had. Gives those that Kafka did not find.

    That is UnknownMemberIdError by instance, or what says that another process has its name now.
    Asks until the coordinator answers: bound it. Raises KafkaError and OSError.
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
