"""What the board says about itself: nothing when all is well, and each thing that is not."""

from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from service.board.notices import LAG_FOR_MS, OLD_AFTER_MS, Notice, NoticeKind, as_of, notices
from service.board.partitions import partition_lines
from service.board.probes import probe, read_probe
from service.board.snapshot import GroupView, OwnerView, Probe, ReachView, Snapshot

NOW = 1_800_000_000_000
OURS = OwnerView("service-1", "10.0.0.1")
READ = ReachView(0, 100, 100, NOW - 500)
WELL = Snapshot(
    NOW,
    dict.fromkeys(range(12), READ),
    group=GroupView(NOW - 500, "Stable", 12, dict.fromkeys(range(12), OURS), dict.fromkeys(range(12), 0)),
    services={"http://a:8080": Probe(dict.fromkeys(range(12), "running"), {})},
)


def kinds(snapshot: Snapshot) -> list[NoticeKind]:
    return [notice.kind for notice in notices(snapshot)]


def values(snapshot: Snapshot) -> dict[str, str | int]:
    (notice,) = notices(snapshot)
    return dict(notice.values)


def test_when_all_is_well_it_says_nothing() -> None:
    assert notices(WELL) == []


def test_before_anything_was_read_it_says_so() -> None:
    assert kinds(Snapshot(NOW, {})) == [NoticeKind.NO_DATA]


def test_two_of_twelve_partitions_restoring_and_how_many_tickets_are_missing_at_most() -> None:
    reaches = {**WELL.reaches, 3: ReachView(0, 100, 300, None), 7: ReachView(50, 60, 150, None)}
    snapshot = replace(WELL, reaches=reaches, waiting=20)
    assert notices(snapshot) == [
        Notice(NoticeKind.LOADING, (("many", 2), ("of", 12), ("tickets", 200 + 90 + 20)))
    ]


@pytest.mark.parametrize(("waiting", "told"), [(100, False), (101, True)])
def test_tickets_that_are_read_and_not_judged_are_missing_too(waiting: int, told: bool) -> None:
    assert kinds(replace(WELL, waiting=waiting)) == ([NoticeKind.WAITING] if told else [])


@pytest.mark.parametrize(
    ("age", "old"), [(OLD_AFTER_MS - 1, False), (OLD_AFTER_MS, False), (OLD_AFTER_MS + 1, True)]
)
def test_data_are_old_as_soon_as_one_partition_is(age: int, old: bool) -> None:
    snapshot = replace(WELL, reaches={**WELL.reaches, 5: ReachView(0, 100, 100, NOW - age)})
    assert kinds(snapshot) == ([NoticeKind.OLD] if old else [])
    assert as_of(snapshot.reaches) == NOW - age


def test_a_failure_is_told_once_the_data_are_old_and_not_for_every_hiccup() -> None:
    assert kinds(replace(WELL, failure="no answer")) == []
    old = dict.fromkeys(range(12), ReachView(0, 100, 100, NOW - 14_000))
    assert kinds(replace(WELL, reaches=old, failure="no answer")) == [NoticeKind.KAFKA_AWAY, NoticeKind.OLD]
    assert kinds(Snapshot(NOW, {}, failure="no answer")) == [NoticeKind.KAFKA_AWAY, NoticeKind.NO_DATA]


def test_partitions_that_nobody_owns_are_named() -> None:
    assert WELL.group
    group = WELL.group._replace(owners={number: OURS for number in range(12) if number not in (2, 9)})
    assert values(replace(WELL, group=group)) == {"many": 2, "of": 12, "which": "2, 9"}


def test_of_many_partitions_the_first_are_named() -> None:
    assert WELL.group
    assert values(replace(WELL, group=WELL.group._replace(owners={})))["which"] == "0, 1, 2, 3, 4, 5, 6, 7 …"


@pytest.mark.parametrize(("since", "told"), [(LAG_FOR_MS, False), (LAG_FOR_MS + 1, True)])
def test_a_lag_is_told_when_it_stays(since: int, told: bool) -> None:
    assert WELL.group
    group = WELL.group._replace(lag={**WELL.group.lag, 4: 310})
    snapshot = replace(WELL, group=group, lagging_since={4: NOW - since})
    assert [dict(notice.values) for notice in notices(snapshot)] == (
        [{"events": 310, "which": "4"}] if told else []
    )


def test_what_the_service_restores_is_told() -> None:
    probe = Probe({0: "running", 1: "restoring", 2: "acquiring", 3: "silent"}, {1: 40})
    snapshot = replace(WELL, services={"http://a:8080": probe})
    assert values(snapshot) == {"many": 2, "of": 12, "which": "1, 2"}


def test_a_service_that_does_not_answer_is_named() -> None:
    snapshot = replace(WELL, services={**WELL.services, "http://b:8080": Probe({}, {}, "refused")})
    assert values(snapshot) == {"url": "http://b:8080"}


def test_an_old_answer_about_the_group_counts_as_none() -> None:
    assert WELL.group
    old = WELL.group._replace(at=NOW - 20_000, owners={})
    assert kinds(replace(WELL, group=old, group_failure="no answer")) == [NoticeKind.GROUP_UNKNOWN]


def test_tickets_that_cannot_be_judged_here_are_counted() -> None:
    found = values(replace(WELL, baffling=3, baffled_by="T1@d (partition 2)"))
    assert found == {"tickets": 3, "one": "T1@d (partition 2)"}


def test_desks_that_cannot_be_judged_here_are_counted() -> None:
    found = values(replace(WELL, baffling_desks=1, baffled_by_desk="D@d (partition 0)"))
    assert found == {"desks": 1, "one": "D@d (partition 0)"}


def test_partitions_that_the_service_refuses_are_told() -> None:
    body = (
        b'{"partitions": {"in-0": "acquiring", "in-1": "running"}, "refused": {"in-0": "why", "x-1": "why"}}'
    )
    refused = replace(WELL, services={"http://a": read_probe(body, "in")})
    assert kinds(refused) == [NoticeKind.REFUSED, NoticeKind.RESTORING]


def test_other_policies_than_those_of_the_service_are_told() -> None:
    assert kinds(replace(WELL, other_policies=True)) == [NoticeKind.OTHER_POLICIES]


def test_the_table_has_every_partition_that_anybody_knows_of() -> None:
    group = GroupView(NOW, "Stable", 3, {0: OURS}, {0: 0, 1: 7})
    services = {"http://a": Probe({0: "running", 1: "restoring"}, {1: 62})}
    reaches = {0: READ, 1: ReachView(0, 30, 90, None)}
    assert [
        tuple(line) for line in partition_lines(Snapshot(NOW, reaches, group=group, services=services))
    ] == [
        (0, "service-1", "10.0.0.1", 0, "running", None, 100),
        (1, None, None, 7, "restoring", 62, 33),
        (2, None, None, None, None, None, 0),
    ]


def test_an_answer_of_the_service_is_read_for_one_topic() -> None:
    body = b"""{"partitions": {"p.in-0": "running", "p.in-11": "restoring", "other-0": "silent"},
               "restoring": {"p.in-11": {"records": 5, "of": 20, "percent": 25, "seconds_left": null}}}"""
    assert read_probe(body, "p.in") == Probe({0: "running", 11: "restoring"}, {11: 25})


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"partitions": 3}', b'{"partitions": {"in-x": 1}}']
)
def test_an_answer_of_something_else_is_no_answer(body: bytes) -> None:
    assert read_probe(body, "in").failure


class Ready(BaseHTTPRequestHandler):
    """A process of the service: ready, or with 503 not."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b'{"partitions": {"in-0": "running"}}')

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Unready(Ready):
    status = 503


@pytest.fixture(params=[Ready, Unready])
def process(request: pytest.FixtureRequest) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), request.param) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_the_service_is_asked_straight_whatever_proxy_the_environment_names(
    process: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")  # nobody answers there
    assert probe(process, "in") == Probe({0: "running"}, {})
