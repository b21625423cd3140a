"""What a process answers about its policies: read, compared, or named as no answer of the service."""

import json
from pathlib import Path

import pytest

from service.policy.in_force import known_policies
from service.processes.known_policies import read_known
from service.sla.policy import Policies
from tests.policy.shelf import JUNE, Shelf

URL = "http://a:8080"
NOT_OURS = "its answer is not that of sla-timer run"


@pytest.fixture
def policies(tmp_path: Path) -> Policies:
    shelf = Shelf(tmp_path)
    shelf.put("a")
    shelf.publish()
    return shelf.published.directory.policies


def body(policies: Policies, *, ready: bool = True) -> bytes:
    known = list(known_policies(policies, JUNE))
    return json.dumps({"ready": ready, "partitions": {}, "policies": known}).encode()


@pytest.mark.parametrize("ready", [True, False])
def test_a_process_agrees_that_knows_what_is_published_whether_it_is_ready_or_not(
    policies: Policies, ready: bool
) -> None:
    found = read_known(URL, body(policies, ready=ready), policies, JUNE)
    assert (found.agrees, found.ready, found.differences) == (True, ready, ())


def test_a_process_without_any_policy_leaves_them_out(policies: Policies) -> None:
    found = read_known(URL, b'{"ready": true, "partitions": {}}', policies, JUNE)
    assert [str(one) for one in found.differences] == ["does not know a version 1"]
    assert not found.agrees
    assert read_known(URL, b'{"ready": true, "partitions": {}}', Policies(()), JUNE).agrees


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"this host is not served here",
        b"[]",
        b"null",
        b'{"ready": true}',  # the board's
        b'{"partitions": {}}',
        b'{"ready": true, "partitions": {}, "policies": null}',
        b'{"ready": true, "partitions": {}, "policies": ["a"]}',
        b'{"ready": true, "partitions": {}, "policies": [{"policy": "a"}]}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_any_other_answer_is_named_as_such(policies: Policies, said: bytes) -> None:
    found = read_known(URL, said, policies, JUNE)
    assert (found.agrees, found.ready, found.failure) == (False, None, NOT_OURS)
