"""What the topics have to be like."""

import pytest

from schemas.topics import (
    BREACHES,
    CHANNELS,
    DESKS,
    GATEWAYS,
    LIFECYCLE,
    POLICIES,
    REJECTED,
    SERVED,
    TICKETS,
    TOPICS,
    UNDELIVERABLE,
)


def test_every_topic_of_the_contract_is_there_once():
    assert sorted(topic.name for topic in TOPICS) == [
        "complaints.lifecycle",
        "complaints.rejected",
        "complaints.undeliverable",
        "sla.breaches",
        "sla.clocks",
        "sla.desks",
        "sla.policies",
        "sla.tickets",
        "support.channels",
    ]


def test_what_must_not_be_forgotten_is_compacted_and_nothing_else():
    compacted = {topic.name for topic in TOPICS if topic.config["cleanup.policy"] == "compact"}

    assert compacted == {TICKETS.name, DESKS.name, POLICIES.name}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_that_goes_with_the_input_gets_as_many_partitions(topic):
    inputs = {LIFECYCLE.name: LIFECYCLE, CHANNELS.name: CHANNELS}
    assert topic.partitioned_like in (None, *inputs)
    assert not topic.partitioned_like or topic.partitions == inputs[topic.partitioned_like].partitions


def test_the_state_is_partitioned_like_its_input_and_the_policies_have_one_partition():
    assert TICKETS.partitioned_like == LIFECYCLE.name
    assert DESKS.partitioned_like == CHANNELS.name
    assert POLICIES.partitions == 1
    assert CHANNELS.partitioned_like is None


def test_rejected_records_are_kept_for_seven_days_and_may_be_larger_than_the_input():
    assert int(REJECTED.config["retention.ms"]) == 7 * 24 * 3600 * 1000
    assert int(REJECTED.config["max.message.bytes"]) > int(LIFECYCLE.config["max.message.bytes"])


def test_dead_letters_of_the_gateway_are_kept_for_seven_days_and_may_be_larger_than_the_input():
    assert int(UNDELIVERABLE.config["retention.ms"]) == 7 * 24 * 3600 * 1000
    assert int(UNDELIVERABLE.config["max.message.bytes"]) > int(LIFECYCLE.config["max.message.bytes"])


def test_the_service_needs_no_topic_of_the_gateway_alone_and_every_topic_is_needed_by_a_process():
    assert UNDELIVERABLE not in SERVED
    assert {one.name for one in (*SERVED, *GATEWAYS)} == {one.name for one in TOPICS}


def test_a_prefix_stands_before_the_name():
    assert BREACHES.named("") == "sla.breaches"
    assert BREACHES.named("acme.") == "acme.sla.breaches"
