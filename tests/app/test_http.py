"""Probes, metrics and who may ask for them."""

import asyncio
from collections.abc import Mapping

import httpx
import pytest

from service.processes.http import Answers, OwnHosts, application


def ask(
    path: str,
    partitions: Mapping[str, str] | None = None,
    method: str = "GET",
    listening_on: str = "127.0.0.1",
    host: str = "localhost",
    answers: Answers | None = None,
) -> httpx.Response:
    answers = answers or Answers(
        metrics=lambda: b"sla_open_tickets 1\n", partitions=lambda: partitions, asyncapi=b"{}"
    )
    transport = httpx.ASGITransport(application(answers, listening_on))

    async def request() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers={"host": host})

    return asyncio.run(request())


@pytest.mark.parametrize(
    ("partitions", "status", "body"),
    [
        (None, 503, {"ready": False, "partitions": {}}),
        ({}, 200, {"ready": True, "partitions": {}}),
        (
            {"in-0": "running", "in-1": "running"},
            200,
            {"ready": True, "partitions": {"in-0": "running", "in-1": "running"}},
        ),
        (
            {"in-0": "running", "in-1": "restoring"},
            503,
            {"ready": False, "partitions": {"in-0": "running", "in-1": "restoring"}},
        ),
        ({"in-0": "silent"}, 503, {"ready": False, "partitions": {"in-0": "silent"}}),
        ({"in-0": "acquiring"}, 503, {"ready": False, "partitions": {"in-0": "acquiring"}}),
    ],
)
def test_it_is_ready_when_all_that_is_ours_is_judged(
    partitions: Mapping[str, str] | None, status: int, body: object
) -> None:
    answer = ask("/readyz", partitions)
    assert (answer.status_code, answer.json()) == (status, body)


def test_it_says_how_far_a_restore_is() -> None:
    far = {"records": 500, "of": 2_000, "percent": 25, "seconds_left": 1.5}
    answers = Answers(lambda: b"", lambda: {"in-0": "restoring"}, b"{}", lambda: {"in-0": far})
    assert ask("/readyz", answers=answers).json()["restoring"] == {"in-0": far}


@pytest.mark.parametrize("state", ["refused", "acquiring", "running"])  # it is tried again and again
def test_it_says_why_a_partition_is_refused_and_is_not_ready_until_it_is_judged(state: str) -> None:
    why = {"in-0": "in-0: offset 9 is next, but the log begins at 10"}
    answers = Answers(lambda: b"", lambda: {"in-0": state}, b"{}", refused=lambda: why)
    answer = ask("/readyz", answers=answers)
    assert (answer.status_code, answer.json()["refused"]) == (503, why)
    assert "refused" not in ask("/readyz", {"in-0": state}).json()


@pytest.mark.parametrize(
    ("clock", "status", "said"),
    [
        (("", False), 200, None),
        (("is 3600.0 s ahead of Kafka's", False), 200, "is 3600.0 s ahead of Kafka's"),
        (("is 3600.0 s behind Kafka's", True), 503, "is 3600.0 s behind Kafka's"),
    ],
)
def test_it_says_that_its_clock_is_wrong_and_is_not_ready_when_all_is_told_late_for_that(
    clock: tuple[str, bool], status: int, said: str | None
) -> None:
    answers = Answers(lambda: b"", lambda: {"in-0": "running"}, b"{}", clock=lambda: clock)
    answer = ask("/readyz", answers=answers)
    assert (answer.status_code, answer.json().get("clock")) == (status, said)


def test_it_says_which_policies_it_knows() -> None:
    known = [{"policy": "letter-1", "version": "1", "calendars": {"cn": [2026]}}, {"policy": "vip"}]
    answers = Answers(lambda: b"", lambda: {"in-0": "running"}, b"{}", policies=lambda: iter(known))
    assert ask("/readyz", answers=answers).json()["policies"] == known
    assert "policies" not in ask("/readyz", {}).json()


@pytest.mark.parametrize(("partitions", "status"), [(None, 503), ({}, 200), ({"in-0": "restoring"}, 200)])
def test_it_has_started_when_the_group_has_answered(
    partitions: Mapping[str, str] | None, status: int
) -> None:
    assert ask("/startupz", partitions).status_code == status


def test_it_is_alive_whatever_the_state_of_kafka() -> None:
    assert ask("/livez").text == "alive\n"


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/startupz", "/asyncapi.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_route_changes_anything(method: str, path: str) -> None:
    assert ask(path, method=method).status_code == 405


@pytest.mark.parametrize(
    ("listening_on", "host", "own"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "localhost:8080", True),
        ("127.0.0.1", "LOCALHOST.", True),
        ("127.0.0.1", "[::1]:8080", True),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "10.0.0.1", False),
        ("127.0.0.1", "", False),
        ("0.0.0.0", "10.0.0.1:8080", True),  # a kubelet asks by address
        ("0.0.0.0", "sla-timer:8080", True),  # a service name of a compose file
        ("0.0.0.0", "sla-timer.help.svc.cluster.local", True),
        ("0.0.0.0", "evil.example", False),
        ("sla.example", "sla.example:80", True),
    ],
)
def test_only_names_of_this_machine_are_answered(listening_on: str, host: str, own: bool) -> None:
    assert OwnHosts(application, listening_on).own(host) is own  # type: ignore[arg-type]
    if host:
        answer = ask("/livez", listening_on=listening_on, host=host)
        assert answer.status_code == (200 if own else 400)
