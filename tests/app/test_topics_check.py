"""What `topics check` finds, without a broker."""

from dataclasses import replace

import pytest

from schemas.topics import CHANNELS, DESKS, LIFECYCLE, REJECTED, TICKETS, TOPICS, Topic
from service.kafka.topics import Found, check

DEFAULTS = {"cleanup.policy": "delete", "max.message.bytes": "1048588"}  # of Kafka
FINE = {topic.name: Found(6, DEFAULTS | dict(topic.config)) for topic in TOPICS}


def with_config(name: str, **config: str) -> dict[str, Found]:
    changed = {key.replace("_", "."): value for key, value in config.items()}
    return FINE | {name: replace(FINE[name], config={**FINE[name].config, **changed})}


def test_topics_as_ensure_creates_them_are_fine() -> None:
    assert check(FINE) == []


@pytest.mark.parametrize(("largest", "findings"), [("1048575", 1), ("1048576", 1), ("1048577", 0)])
def test_the_rejected_may_be_larger_than_the_input(largest: str, findings: int) -> None:
    assert len(check(with_config(REJECTED.name, max_message_bytes=largest))) == findings


@pytest.mark.parametrize(("policy", "findings"), [("compact", 0), ("delete", 1), ("compact,delete", 1)])
def test_state_is_compacted_and_never_deleted(policy: str, findings: int) -> None:
    assert len(check(with_config(TICKETS.name, cleanup_policy=policy))) == findings


def test_the_input_is_never_compacted() -> None:
    (line,) = check(with_config(LIFECYCLE.name, cleanup_policy="compact"), "x.")
    assert line == (
        "topic x.complaints.lifecycle: cleanup.policy=compact keeps only the last record of a ticket; "
        "set it to delete (kafka-configs --alter)"
    )


@pytest.mark.parametrize("state", [TICKETS, DESKS], ids=lambda topic: topic.name)
@pytest.mark.parametrize(("partitions", "findings"), [(5, 1), (6, 0), (7, 1)])
def test_the_state_has_a_partition_for_each_of_its_input(
    state: Topic, partitions: int, findings: int
) -> None:
    wrong = FINE | {state.name: replace(FINE[state.name], partitions=partitions)}
    assert len(check(wrong)) == findings


def test_what_only_others_read_may_have_any_number_of_partitions() -> None:
    others = {topic.name for topic in TOPICS} - {LIFECYCLE.name, TICKETS.name, CHANNELS.name, DESKS.name}
    assert check(FINE | {name: replace(FINE[name], partitions=1) for name in others}) == []
