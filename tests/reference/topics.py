"""The page of the topics, from their table and from the rights that the service needs."""

from collections.abc import Iterator, Mapping

from schemas.topics import FOR_EVER, TOPICS, Topic
from service.kafka.topics.acl import GATEWAY_NEEDED, NEEDED, Right
from tests.reference.markdown import code, page, table

_DAY = 86_400_000  # ms
_MEBIBYTE = 1024 * 1024

# Beside `sla-timer run`: what writes to a topic, and what reads it.
OTHERS: Mapping[str, tuple[str, str]] = {
    "complaints.lifecycle": (
        "help desks, `publish`, `demo`, `rejected retry`",
        "single records: `explain`, `board`; its offsets only: `state export`, `partition`",
    ),
    "complaints.rejected": ("", "`rejected list`, `show` and `retry`, `explain`"),
    "sla.breaches": ("", "billing, `report`, `demo`"),
    "sla.clocks": ("", "operations, `demo`"),
    "sla.tickets": (
        "`state import`, `partition reset`, `partition forget`",
        "`board`, `explain`, `report`, `state export`, `partition skip`, `reset` and `forget`",
    ),
    "sla.policies": ("`policies publish` and `retire`", "`policies`, `board`, `explain`, `report`"),
    "support.channels": ("support desks, `demo`, `rejected retry`", "its offsets only: `partition`"),
    "sla.desks": (
        "`partition reset`, `partition forget`",
        "`board`, `partition skip`, `reset` and `forget`",
    ),
    "complaints.undeliverable": ("", "`gateway dead`"),
}


def topics() -> str:
    """docs/reference/topics.md."""
    return page(
        "Topics",
        "`schemas/topics.py` and `service/kafka/topics/acl.py`",
        _HEAD,
        table(("topic", "key", "holds"), [(code(one.name), one.key, one.holds) for one in TOPICS]),
        _AS_CREATED,
        table(
            (
                "topic",
                "`cleanup.policy`",
                "`retention.ms`, `retention.bytes`",
                "`max.message.bytes`",
                "`message.timestamp.type`",
            ),
            map(_config, TOPICS),
        ),
        "## Partitions",
        table(("topic", "a new one has"), [(code(one.name), _partitions(one)) for one in TOPICS]),
        _CLIENTS,
        table(("topic", "written by", "read by"), _clients()),
    )


_HEAD = """`SLA_TOPIC_PREFIX` goes before every name.
`sla-timer topics ensure` creates the topics that are missing; it changes none that exists.
`sla-timer topics check` says what is wrong with them.
The events are in [events-in.md](events-in.md) and [events-out.md](events-out.md)."""

_AS_CREATED = """## Configuration of a new topic

What is not named here is the default of the broker.
This includes the number of replicas, and `retention.ms` where the table has none.
`topics check` demands that `sla.breaches` is kept for ever, and `complaints.lifecycle` and `sla.clocks` for
`SLA_RETENTION` at least; that the log dates the records of both inputs; and that `sla.policies` has one
partition."""

_CLIENTS = """## Writers and readers

`run` stands for `sla-timer run`, `gateway` for `sla-timer gateway`.
Their rights come from the code that checks them at the start."""


def _config(topic: Topic) -> tuple[str, ...]:
    config = dict(topic.config)
    size = config.pop("max.message.bytes", None)
    retention = config.pop("retention.ms", None)
    is_for_ever = config.pop("retention.bytes", None) == retention == str(FOR_EVER)
    days = f"{retention} ({int(retention) // _DAY} days)" if retention else ""
    shown = (
        code(topic.name),
        code(config.pop("cleanup.policy")),
        f"{retention}, {retention} (for ever)" if is_for_ever else days,
        f"{size} ({int(size) // _MEBIBYTE} MiB)" if size else "",
        code(config.pop("message.timestamp.type")),
    )
    assert not config, f"{topic.name}: {config} has no column"
    return shown


def _partitions(topic: Topic) -> str:
    if topic.partitioned_like:
        return f"as many as {code(topic.partitioned_like)}"
    asked = ", or what `topics ensure --partitions` says" if topic.name == TOPICS[0].name else ""
    return f"{topic.partitions}{asked}"


def _clients() -> Iterator[tuple[str, str, str]]:
    for topic in TOPICS:
        sides = zip((Right.WRITE, Right.READ), OTHERS[topic.name], strict=True)
        writers, readers = (
            "; ".join(
                filter(
                    None,
                    [
                        "`run`" if right in NEEDED.get(topic.name, ()) else "",
                        "`gateway`" if right in GATEWAY_NEEDED.get(topic.name, ()) else "",
                        others,
                    ],
                )
            )
            for right, others in sides
        )
        yield code(topic.name), writers, readers
