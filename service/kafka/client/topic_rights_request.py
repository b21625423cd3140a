"""Asks a broker which rights our user has on topics, by a request version that aiokafka lacks."""

from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

_UNKNOWN = -(2**31)  # the broker does not say


class TopicsResponse(Response):  # type: ignore[misc] # aiokafka has no types
    """Metadata version 8, the first with rights; the library stops at version 5."""

    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            Array(("node_id", Int32), ("host", String()), ("port", Int32), ("rack", String())),
        ),
        ("cluster_id", String()),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String()),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("topic_authorized_operations", Int32),
            ),
        ),
        ("cluster_authorized_operations", Int32),
    )

    def rights(self) -> list[tuple[str, int]]:
        """Each topic and its allowed operations as bits; a topic that we may not describe has 0.

        Missing topics are left out.
        """
        denied = TopicAuthorizationFailedError.errno
        return [
            (name, 0 if code == denied else bits)
            for code, name, _, _, bits in self.topics
            if code == denied or (not code and bits != _UNKNOWN)
        ]


class _TopicsRequest8(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = TopicsResponse
    SCHEMA = Schema(
        ("topics", Array(String())),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class TopicsRequest(Request[_TopicsRequest8]):  # type: ignore[misc]
    """A request for our rights on topics; it does not create them."""

    API_KEY = 3

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def build(self, request_struct_class: type[_TopicsRequest8]) -> _TopicsRequest8:
        """See aiokafka's Request."""
        return request_struct_class(self._names, False, False, True)
