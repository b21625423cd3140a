"""What `topics check` finds, without a broker."""

from dataclasses import replace

import pytest

from schemas.topics import (
    BREACHES,
    CHANNELS,
    CLOCKS,
    DESKS,
    GATEWAYS,
    LIFECYCLE,
    POLICIES,
    REJECTED,
    SERVED,
    TICKETS,
    TOPICS,
    UNDELIVERABLE,
    Topic,
)
from service.kafka.topics.check import check, other_partitions, shortcomings, unchecked, warnings
from service.kafka.topics.ensure import FoundTopic

DEFAULTS = {
    "cleanup.policy": "delete",
    "max.message.bytes": "1048588",
    "min.insync.replicas": "2",
    "segment.bytes": "1073741824",
    "unclean.leader.election.enable": "false",
}  # of Kafka, but for a cluster that is meant to lose nothing
FINE = {
    topic.name: FoundTopic(
        1 if topic is POLICIES else 6, DEFAULTS | dict(topic.config), replicas=3, brokers=3
    )
    for topic in TOPICS
}
MOST = [(TICKETS, 8_388_608), (DESKS, 16_777_216), (BREACHES, 2_097_152), (CLOCKS, 2_097_152)]


def with_config(name: str, **config: str) -> dict[str, FoundTopic]:
    changed = {key.replace("_", "."): value for key, value in config.items()}
    return FINE | {name: replace(FINE[name], config={**FINE[name].config, **changed})}


def all_with(replicas: int = 3, brokers: int = 3, **config: str) -> dict[str, FoundTopic]:
    changed = {key.replace("_", "."): value for key, value in config.items()}
    return {
        name: replace(found, config={**found.config, **changed}, replicas=replicas, brokers=brokers)
        for name, found in FINE.items()
    }


@pytest.mark.parametrize(
    ("largest", "findings"), [("1179647", 1), ("1179648", 0), ("1179649", 0)]
)  # a webhook of 1 MiB, and 128 KiB for its headers
def test_dead_letters_have_to_hold_a_webhook_with_its_headers(largest: str, findings: int) -> None:
    assert len(check(with_config(UNDELIVERABLE.name, max_message_bytes=largest))) == findings


def test_a_process_is_told_of_the_topics_that_it_needs() -> None:
    without = {name: one for name, one in FINE.items() if name != UNDELIVERABLE.name}
    assert check(without, topics=SERVED) == []
    assert check(without, "x.") == [
        "topic x.complaints.undeliverable: missing; create it with: sla-timer topics ensure"
    ]
    slow = {name: replace(one, replicas=1) for name, one in FINE.items()}
    (line,) = [one for one in warnings(slow, topics=GATEWAYS) if one.startswith("one replica")]
    assert "complaints.lifecycle, complaints.undeliverable" in line


def test_topics_as_ensure_creates_them_are_fine() -> None:
    assert check(FINE) == []
    assert shortcomings(FINE, 400 * 86_400_000) == {}
    assert warnings(FINE) == []


RETENTION = 35 * 86_400_000


@pytest.mark.parametrize(
    ("topic", "setting", "value", "short"),
    [
        (BREACHES, "retention.ms", "-1", 0),
        (BREACHES, "retention.ms", "9223372036854775807", 1),
        (BREACHES, "retention.ms", "604800000", 1),
        (BREACHES, "retention.bytes", "1073741824", 1),
        (LIFECYCLE, "retention.ms", str(RETENTION - 1), 1),
        (LIFECYCLE, "retention.ms", str(RETENTION), 0),
        (LIFECYCLE, "retention.ms", str(RETENTION + 1), 0),
        (LIFECYCLE, "retention.ms", "-1", 0),
        (LIFECYCLE, "retention.bytes", "1073741824", 1),
        (LIFECYCLE, "message.timestamp.type", "CreateTime", 1),
        (CLOCKS, "retention.ms", str(RETENTION - 1), 1),
        (CLOCKS, "retention.ms", str(RETENTION), 0),
        (CLOCKS, "message.timestamp.type", "CreateTime", 0),
        (CHANNELS, "message.timestamp.type", "CreateTime", 1),
        (CHANNELS, "retention.ms", "604800000", 0),
        (REJECTED, "retention.ms", "604800000", 0),
    ],
)
def test_what_is_promised_of_how_long_records_are_kept_and_who_dates_them(
    topic: Topic, setting: str, value: str, short: int
) -> None:
    found = FINE | {topic.name: replace(FINE[topic.name], config={**FINE[topic.name].config, setting: value})}
    lines = shortcomings(found, RETENTION, "x.")
    assert {name: len(said) for name, said in lines.items()} == ({topic.name: 1} if short else {})
    for line in lines.get(topic.name, ()):
        assert line.startswith(f"topic x.{topic.name}: {setting}={value}")
        assert f"--topic x.{topic.name} --add-config {setting}=" in line
    assert check(found) == []  # the service runs with it


def test_policies_have_one_order() -> None:
    found = FINE | {POLICIES.name: replace(FINE[POLICIES.name], partitions=2)}
    (line,) = check(found)
    assert line.startswith("topic sla.policies: 2 partitions; it must have one")


@pytest.mark.parametrize("brokers", [2, 3])
@pytest.mark.parametrize(("timeout", "warned"), [(None, 0), (9_999, 0), (10_000, 0), (10_001, 1)])
def test_brokers_that_wait_long_for_each_other_are_warned_of(
    brokers: int, timeout: int | None, warned: int
) -> None:
    found = {name: replace(topic, brokers=brokers, broker_timeout=timeout) for name, topic in FINE.items()}
    lines = warnings(found)
    assert len(lines) == (warned if brokers == 3 else 0)
    assert len(unchecked(found)) == (timeout is None and brokers == 3)
    assert all(line.startswith(f"request.timeout.ms={timeout} on the brokers: ") for line in lines)


@pytest.mark.parametrize(("largest", "findings"), [("1048575", 1), ("1048576", 1), ("1048577", 0)])
def test_the_rejected_may_be_larger_than_the_input(largest: str, findings: int) -> None:
    small = {CHANNELS.name: replace(FINE[CHANNELS.name], config=FINE[LIFECYCLE.name].config)}  # 1 MiB too
    assert len(check(with_config(REJECTED.name, max_message_bytes=largest) | small)) == findings


@pytest.mark.parametrize(("largest", "findings"), [("4194303", 0), ("4194304", 1), ("4194305", 1)])
@pytest.mark.parametrize("source", [LIFECYCLE, CHANNELS], ids=lambda topic: topic.name)
def test_either_input_takes_less_than_the_rejected(source: Topic, largest: str, findings: int) -> None:
    assert len(check(with_config(source.name, max_message_bytes=largest))) == findings


def test_it_says_how_to_make_room_for_the_rejected() -> None:
    (line,) = check(with_config(LIFECYCLE.name, max_message_bytes="9000000"), "x.")
    assert line == (
        "topic x.complaints.rejected: max.message.bytes=4194304 is no more than x.complaints.lifecycle takes "
        "(9000000); a rejected record grows by its reason; set it: kafka-configs --alter "
        "--topic x.complaints.rejected --add-config max.message.bytes=18000000"
    )


@pytest.mark.parametrize(("topic", "most"), MOST, ids=lambda value: getattr(value, "name", ""))
@pytest.mark.parametrize("limit", ["max_message_bytes", "segment_bytes"])
@pytest.mark.parametrize(("beyond", "findings"), [(-1, 1), (0, 0), (1, 0)])
def test_the_largest_record_fits_into_its_topic(
    topic: Topic, most: int, limit: str, beyond: int, findings: int
) -> None:
    assert len(check(with_config(topic.name, **{limit: str(most + beyond)}))) == findings


@pytest.mark.parametrize(("topic", "most"), MOST, ids=lambda value: getattr(value, "name", ""))
def test_the_default_of_a_broker_holds_none_of_them(topic: Topic, most: int) -> None:
    (line,) = check(with_config(topic.name, max_message_bytes=DEFAULTS["max.message.bytes"]))
    assert line.endswith(f"kafka-configs --alter --topic {topic.name} --add-config max.message.bytes={most}")


def test_it_says_what_does_not_fit() -> None:
    (line,) = check(with_config(TICKETS.name, max_message_bytes="1048588"), "x.")
    assert line == (
        "topic x.sla.tickets: max.message.bytes=1048588 does not hold the state of a full ticket, which may "
        "take 8388608; set it: kafka-configs --alter --topic x.sla.tickets "
        "--add-config max.message.bytes=8388608"
    )


def test_what_is_larger_than_a_segment_does_not_fit_either() -> None:
    assert replace(FINE[TICKETS.name], config={"max.message.bytes": "9", "segment.bytes": "8"}).largest == 8


@pytest.mark.parametrize(
    ("policy", "findings"), [("compact", 0), ("delete", 1), ("compact,delete", 1), ("delete,compact", 1)]
)
def test_state_is_compacted_and_never_deleted(policy: str, findings: int) -> None:
    assert len(check(with_config(TICKETS.name, cleanup_policy=policy))) == findings


@pytest.mark.parametrize(
    ("policy", "findings"), [("delete", 0), ("compact", 1), ("compact,delete", 1), ("delete,compact", 1)]
)
@pytest.mark.parametrize("topic", [LIFECYCLE, REJECTED, BREACHES, CLOCKS, CHANNELS], ids=lambda one: one.name)
def test_events_are_never_compacted(topic: Topic, policy: str, findings: int) -> None:
    assert len(check(with_config(topic.name, cleanup_policy=policy))) == findings


@pytest.mark.parametrize("topic", [TICKETS, REJECTED], ids=lambda one: one.name)
def test_what_shall_be_forgotten_is_not_kept_for_ever(topic: Topic) -> None:
    (line,) = check(with_config(topic.name, cleanup_policy=""))
    assert line.startswith(f"topic {topic.name}: cleanup.policy= keeps everything for ever; set it: ")


def test_it_says_what_compaction_would_lose() -> None:
    (line,) = check(with_config(LIFECYCLE.name, cleanup_policy="compact,delete"), "x.")
    assert line == (
        "topic x.complaints.lifecycle: cleanup.policy=compact,delete keeps only the last record of a key; "
        "set it: kafka-configs --alter --topic x.complaints.lifecycle --add-config cleanup.policy=delete"
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


@pytest.mark.parametrize(("asked", "lines"), [(5, 1), (6, 0), (7, 1)])
def test_the_input_has_as_many_partitions_as_were_asked_for(asked: int, lines: int) -> None:
    assert len(other_partitions(FINE, "", asked)) == lines


def test_it_says_why_the_number_of_partitions_cannot_change() -> None:
    assert other_partitions({}, "x.", 12) == []
    (line,) = other_partitions(FINE, "x.", 12)
    assert line == (
        "topic x.complaints.lifecycle: has 6 partitions, not 12; its keys would move: to change it, "
        "sla-timer state export, new topics, state import"
    )


@pytest.mark.parametrize(("replicas", "findings"), [(1, len(TOPICS)), (2, 0), (3, 0)])
def test_a_topic_has_as_many_replicas_as_must_have_every_record(replicas: int, findings: int) -> None:
    assert len(check(all_with(replicas, brokers=2))) == findings


def test_it_says_that_nobody_can_write() -> None:
    found = FINE | {BREACHES.name: replace(FINE[BREACHES.name], replicas=1)}
    (line,) = check(found, "x.")
    assert line == (
        "topic x.sla.breaches: min.insync.replicas=2 of 1 replicas: nobody can write with acks=all; set it: "
        "kafka-configs --alter --topic x.sla.breaches --add-config min.insync.replicas=1, or add replicas"
    )


@pytest.mark.parametrize(("brokers", "warned"), [(1, 0), (2, 0), (3, 1), (4, 1)])
@pytest.mark.parametrize("replicas", [1, 2])
def test_one_copy_is_a_warning_where_there_are_three_brokers(
    brokers: int, warned: int, replicas: int
) -> None:
    found = all_with(replicas, brokers, min_insync_replicas="1")
    assert check(found) == []
    assert len(warnings(found)) == warned


@pytest.mark.parametrize(
    ("replicas", "min_insync", "said"),
    [
        (1, "1", ["one replica"]),
        (2, "1", ["min.insync.replicas=1"]),
        (2, "2", []),
        (3, "1", ["min.insync.replicas=1"]),
        (3, "2", []),
    ],
)
def test_a_warning_says_what_there_is_one_of(replicas: int, min_insync: str, said: list[str]) -> None:
    lines = warnings(all_with(replicas, min_insync_replicas=min_insync))
    assert [line.partition(" on a cluster of")[0] for line in lines] == said


@pytest.mark.parametrize(("replicas", "warned"), [(1, 0), (2, 1), (3, 1)])
def test_a_leader_that_lacks_records_is_warned_of_where_there_is_another(replicas: int, warned: int) -> None:
    unclean = all_with(replicas, 2, unclean_leader_election_enable="true", min_insync_replicas="1")
    assert len(warnings(unclean)) == warned


def test_a_warning_names_the_topics_it_is_about() -> None:
    found = with_config(TICKETS.name, min_insync_replicas="1") | {
        BREACHES.name: with_config(BREACHES.name, min_insync_replicas="1")[BREACHES.name]
    }
    (line,) = warnings(found, "x.")
    assert line == (
        "min.insync.replicas=1 on a cluster of several brokers: x.sla.breaches, x.sla.tickets: Kafka "
        "acknowledges what a single broker has; with its disk a breach is lost; set it to 2"
    )
