"""Whom an id that Kafka gave belongs to."""

import uuid

import pytest

from service.kafka.topics.members import is_instance


@pytest.mark.parametrize(
    ("instance", "is_"),
    [("worker-1", True), ("worker", False), ("1", False), ("worker-11", False), ("", False)],
)
def test_an_id_is_that_of_an_instance_when_the_rest_of_it_is_a_uuid(instance: str, is_: bool) -> None:
    assert is_instance(f"worker-1-{uuid.uuid4()}", instance) is is_
