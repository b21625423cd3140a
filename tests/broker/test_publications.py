"""What has been published is what judges: nothing that happens to files changes a verdict."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.instant import written
from service.clock import now_ms
from service.demo.broker import Broker
from service.errors import RefusalError
from service.kafka.client.options import connection
from service.kafka.topics.policies import OtherPublisherError
from service.kafka.topics.policies import publish as send
from service.policy.bad_policies import BadPolicies
from service.policy.directory import read_policies
from service.policy.publication_plan import Plan
from service.policy.published import Published
from service.processes.policies import planned, publish_policies, read_published_policies
from service.processes.startup_checks import Prepared, prepare
from service.settings import read_settings
from tests.broker.live import POLICY, event, publish, set_up, stopped_after, told
from tests.broker.log import read, write
from tests.broker.service import POLICIES, environment, sla_timer
from tests.policy.shelf import CALENDAR

LETTER = (POLICIES / "letter-1.yaml").read_text()
HOUR = 3_600_000
PAST = "2026-01-01T00:00:00Z"


def policy(id: str, effective: int | str, match: str = "{}", version: int = 1, after: str = "1s") -> str:
    """A policy file; `effective` in ms or as text."""
    at = effective if isinstance(effective, str) else written(effective)
    return (
        POLICY.replace("quick", id)
        .replace("version: 1", f"version: {version}\nmatch: {match}")
        .replace(PAST, at)
        .replace("after: 1s", f"after: {after}")
    )


def put(directory: Path, name: str, text: str) -> Path:
    path = directory / "policies" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def ended(*arguments: str, env: dict[str, str]) -> list[str]:
    """The lines of a command that ends well."""
    done = sla_timer("policies", *arguments, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def refused(*arguments: str, env: dict[str, str], code: int = 2) -> str:
    """The line of a command that refuses."""
    done = sla_timer(*arguments, env=env)
    assert done.returncode == code, done.stderr
    return done.stderr.rstrip("\n")


def listed(env: dict[str, str]) -> list[tuple[str, int, str]]:
    """Id, version and state of what is published."""
    rows = [json.loads(line) for line in ended("list", "--json", env=env)]
    return [(row["policy"], row["version"], row["state"]) for row in rows]


def judged(ticket: str, env: dict[str, str]) -> list[tuple[str, str]]:
    """Level and state of every level of a ticket's first cycle."""
    done = sla_timer("explain", ticket, "--json", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    clocks = json.loads(done.stdout)["cycles"][0]["clocks"]
    return [(level["level"], level["state"]) for clock in clocks for level in clock["levels"]]


async def together(*environments: dict[str, str]) -> list[Prepared | BaseException]:
    return await asyncio.gather(
        *(prepare(read_settings(env)) for env in environments), return_exceptions=True
    )


def test_of_two_contents_under_one_version_that_start_together_one_is_refused_and_stays_so(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    environments = []
    for number, minutes in enumerate((30, 20)):
        directory = tmp_path / str(number)
        directory.mkdir()
        (directory / "letter.yaml").write_text(LETTER.replace("after: 30m", f"after: {minutes}m"))
        environments.append(environment(kafka.bootstrap, prefix, SLA_POLICIES=str(directory)))
    assert sla_timer("topics", "ensure", "--partitions", "1", env=environments[0]).returncode == 0
    outcomes = [asyncio.run(together(*environments)) for _ in range(2)]
    refused = [[isinstance(outcome, BadPolicies) for outcome in two] for two in outcomes]
    assert sorted(refused[0]) == [False, True]
    assert refused[1] == refused[0]


def test_processes_with_the_same_files_start_together(kafka: Broker, prefix: str) -> None:
    env = environment(kafka.bootstrap, prefix)
    assert sla_timer("topics", "ensure", "--partitions", "1", env=env).returncode == 0
    first, second = asyncio.run(together(env, env))
    assert isinstance(first, Prepared)
    assert isinstance(second, Prepared)
    assert first.published.directory.policies.edition == second.published.directory.policies.edition


def test_a_file_that_was_edited_in_place_changes_no_verdict(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    received = now_ms() - 60_000
    asyncio.run(publish(bootstrap, prefix, 1, [("T1", event("T1", "received", received))]))
    with stopped_after(env):
        before = asyncio.run(told(bootstrap, prefix, at_least=1))
    path = put(tmp_path, "quick.yaml", POLICY.replace("after: 1s", "after: 1h"))
    line = refused("run", env=env)
    assert line.startswith(f"sla-timer: {path}:6: clocks: quick version 1 was published at ")
    assert line.endswith(" with other clocks; undo the change, or make it a new version")
    assert judged("T1", env) == [("minor", "breached"), ("major", "running")]

    # Also where the file says that it is another version, in force before the ticket came.
    put(tmp_path, "quick.yaml", policy("quick", "2026-02-01T00:00:00Z", version=2, after="1h"))
    assert ":5: effective_from: a version that was not published yet must take effect" in refused(
        "run", env=env
    )
    assert judged("T1", env) == [("minor", "breached"), ("major", "running")]
    assert asyncio.run(told(bootstrap, prefix)) == before
    report = sla_timer("report", "--format", "json", env=env)
    assert (report.returncode, report.stderr) == (0, "")


def test_a_policy_whose_file_is_gone_goes_on_judging(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    ended("publish", env=env)
    (tmp_path / "policies" / "quick.yaml").unlink()
    put(tmp_path, "other.yaml", policy("other", now_ms() + HOUR, "{team: a}"))
    asyncio.run(publish(bootstrap, prefix, 1, [("T1", event("T1", "received", now_ms() - 60_000))]))
    with stopped_after(env):
        assert asyncio.run(told(bootstrap, prefix, at_least=1)) == [("T1", "breached", "minor", 1)]
    assert listed(env) == [("other", 1, "future"), ("quick", 1, "in_force")]
    assert ended("check", "--live", env=env) == [
        "published, and not among the files any more: quick version 1; nothing changes by that",
        "everything is published already",
    ]
    (tmp_path / "policies" / "other.yaml").unlink()
    asyncio.run(publish(bootstrap, prefix, 1, [("T2", event("T2", "received", now_ms() - 60_000))]))
    with stopped_after(env):
        assert len(asyncio.run(told(bootstrap, prefix, at_least=2))) == 2


def test_a_new_id_in_the_past_is_refused_and_backdated_only_when_told(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=2)
    received = now_ms() - 60_000
    events = []
    for ticket, channel, responds in (
        ("T1", "phone", 2_000),
        ("T2", "phone", 2_000),
        ("T3", "phone", 30_000),
        ("T4", "email", 2_000),
    ):
        events.append((ticket, event(ticket, "received", received, channel=channel)))
        events.append((ticket, event(ticket, "response_started", received + responds)))
    asyncio.run(publish(bootstrap, prefix, 2, events))
    with stopped_after(env):
        before = asyncio.run(told(bootstrap, prefix, at_least=8))
    path = put(tmp_path, "phone.yaml", policy("phone", PAST, "{channel: phone}", after="10s"))
    line = refused("policies", "publish", env=env)
    assert line.startswith(
        f"sla-timer: {path}:5: effective_from: a version that was not published yet must take effect at "
        "least one minute from now: at 20"
    )
    assert refused("policies", "check", "--live", env=env, code=1).startswith(f"{path}:5: effective_from: ")
    assert refused("run", env=env).startswith(f"sla-timer: {path}:5: effective_from: ")
    assert listed(env) == [("quick", 1, "in_force")]

    dry = ended("publish", "--backdate", "--dry-run", env=env)
    assert dry == [
        (
            "takes effect in the past: changes 3 standing announcements and adds 2, of 3 tickets that are "
            "remembered"
        ),
        "would publish phone version 1",
    ]
    assert listed(env) == [("quick", 1, "in_force")]
    assert ended("publish", "--backdate", env=env) == [dry[0], "published phone version 1"]
    with stopped_after(env):
        after = asyncio.run(told(bootstrap, prefix, at_least=len(before) + 5))
    assert [row for row in after if row not in before] == [
        ("T1", "breach_retracted", "minor", 3),
        ("T1", "met", None, 1),
        ("T2", "breach_retracted", "minor", 3),
        ("T2", "met", None, 1),
        ("T3", "breach_settled", "minor", 3),
    ]


def test_of_two_publishers_at_one_instant_one_goes_first_and_the_other_can_go_again(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    env = set_up(kafka.bootstrap, prefix, tmp_path, partitions=1)
    other = tmp_path / "two" / "policies"
    put(tmp_path / "two", "other.yaml", policy("other", PAST, "{team: a}"))
    settings = read_settings(env)
    reach = connection(settings)

    async def publish_both() -> Published:
        async def meanwhile(known: Published, found: Plan) -> None:
            assert [record.key for record in found.new] == ["quick@1"]
            assert not known.versions
            await publish_policies(reach, settings, read_policies(other))

        with pytest.raises(OtherPublisherError, match="another process publishes at this moment"):
            await publish_policies(reach, settings, read_policies(settings.policies), before=meanwhile)
        assert list((await read_published_policies(reach, settings)).versions) == [("other", 1)]
        with pytest.raises(BadPolicies, match="at least one minute from now"):  # no longer the first one
            await publish_policies(reach, settings, read_policies(settings.policies))
        again = await publish_policies(reach, settings, read_policies(settings.policies), backdate=True)
        assert [record.key for record in again.new] == ["quick@1"]
        return await read_published_policies(reach, settings)

    assert list(asyncio.run(publish_both()).versions) == [("other", 1), ("quick", 1)]


def test_a_publication_that_is_not_over_in_time_is_given_up(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    env = set_up(kafka.bootstrap, prefix, tmp_path, partitions=1)
    settings = read_settings(env)
    reach, topic = connection(settings), f"{prefix}sla.policies"
    files = read_policies(settings.policies)

    async def late(known: Published, begun: int) -> Plan:
        found = await planned(reach, settings, files, known, begun)
        return replace(found, over_by=now_ms())

    with pytest.raises(RefusalError, match="nothing was published, as it took too long; run it again"):
        asyncio.run(send(reach, topic, settings.group, late))
    assert listed(env) == []
    assert ended("publish", env=env)[-1] == "published quick version 1"


def test_an_id_ends_for_cycles_that_start_then(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    ended("publish", env=env)
    assert "must lie ahead of now" in refused(
        "policies", "retire", "quick", "--at", written(now_ms()), env=env
    )
    assert "was never published" in refused("policies", "retire", "quack", "--at", PAST, env=env)
    end = now_ms() + 10_000
    assert ended("retire", "quick", "--at", written(end), env=env) == [
        f"policy quick ends at {written(end)}: cycles that start then or later do not choose it"
    ]
    assert listed(env) == [("quick", 1, "in_force")]
    assert f"ends at {written(end)} already" in refused(
        "policies", "retire", "quick", "--at", written(end), env=env
    )
    put(tmp_path, "second.yaml", policy("quick", now_ms() + HOUR, version=2))
    assert ": policy: quick ends at " in refused("policies", "publish", env=env)
    (tmp_path / "policies" / "second.yaml").unlink()
    events = [(f"T{after}", event(f"T{after}", "received", end + after)) for after in (-1, 0, 1)]
    asyncio.run(publish(bootstrap, prefix, 1, events))
    with stopped_after(env):
        assert asyncio.run(told(bootstrap, prefix, at_least=1)) == [("T-1", "breached", "minor", 1)]
    for ticket in ("T0", "T1"):
        assert judged(ticket, env) == []


def test_of_ten_files_with_a_bad_one_none_is_published(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    ended("publish", env=env)
    for number in range(10):
        effective = PAST if number == 7 else now_ms() + HOUR
        put(tmp_path, f"p{number}.yaml", policy(f"p{number}", effective, f"{{team: p{number}}}"))
    assert "p7.yaml:5: effective_from: " in refused("policies", "publish", env=env)
    assert listed(env) == [("quick", 1, "in_force")]
    (tmp_path / "policies" / "p7.yaml").unlink()
    assert len(ended("publish", env=env)) == 9
    assert len(listed(env)) == 10


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"quick@2", b"{}", "is no published policy: Object missing required field `policy`"),
        (b"quick@2", None, "is no published policy: it has no value"),
        (b"new", b"", "is no published policy: it has no value"),
    ],
)
def test_a_record_that_is_no_version_stops_the_start(
    bootstrap: str, prefix: str, tmp_path: Path, key: bytes, value: bytes | None, reason: str
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    ended("publish", env=env)
    asyncio.run(write(bootstrap, f"{prefix}sla.policies", [(0, key, value)]))
    for command in (["run"], ["policies", "list"], ["policies", "publish"], ["report"]):
        assert refused(*command, env=env) == (
            f"sla-timer: topic {prefix}sla.policies, partition 0, offset 2, key {key.decode()}: the record "
            f"{key!r} {reason}; a newer version of the service may have written it: run that; or see the "
            "runbook"
        )


@pytest.mark.parametrize(
    ("value", "what"),
    [(None, "has no value"), (b"{}", "says otherwise than what is published")],
)
def test_a_published_record_that_is_overwritten_is_named_until_it_is_written_back(
    bootstrap: str, prefix: str, tmp_path: Path, value: bytes | None, what: str
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    ended("publish", env=env)
    topic = f"{prefix}sla.policies"
    (published,) = asyncio.run(read(bootstrap, topic))
    asyncio.run(write(bootstrap, topic, [(0, published.key, value)]))
    assert refused("policies", "list", env=env, code=1) == (
        f"topic {topic}, partition 0, offset 2, key quick@1: {what}, and takes its place once Kafka compacts "
        "the topic: write the record at offset 0 again, with its key and value"
    )
    asyncio.run(write(bootstrap, topic, [(0, published.key, published.value)]))
    assert listed(env) == [("quick", 1, "in_force")]


def test_a_prefix_that_no_topic_has_is_refused_by_every_command(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    put(tmp_path, "quick.yaml", POLICY)
    env = environment(bootstrap, prefix, SLA_POLICIES=str(tmp_path / "policies"))
    for command in (
        ["list"],
        ["list", "--json"],
        ["list", "--live", "--service", "http://127.0.0.1:9"],
        ["check", "--live"],
        ["publish"],
        ["publish", "--dry-run"],
        ["retire", "quick", "--at", "2030-01-01T00:00:00Z"],
    ):
        line = refused("policies", *command, env=env)
        missing = f"sla-timer: topic {prefix}sla.policies: missing; create it with: sla-timer topics ensure; "
        assert line == f"{missing}or set SLA_TOPIC_PREFIX to that of the service"


def test_the_years_of_a_calendar_grow_without_a_new_version(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    put(tmp_path, "office.yaml", policy("office", now_ms() + HOUR, "{team: a}") + "calendar: cn\n")
    put(tmp_path, "calendars/cn.yaml", CALENDAR)
    assert ended("publish", env=env) == [
        "this is the first publication: its versions may be in force already",
        "published calendar cn, year 2025",
        "published calendar cn, year 2026",
        "published office version 1",
        "published quick version 1",
    ]
    put(tmp_path, "calendars/cn.yaml", CALENDAR.replace("years: [2025, 2026]", "years: [2025, 2026, 2027]"))
    assert ended("check", "--live", env=env) == ["would publish calendar cn, year 2027"]
    assert ended("publish", env=env) == ["published calendar cn, year 2027"]
    assert ended("publish", env=env) == ["everything is published already"]
    assert [line.split()[-1] for line in ended("list", env=env)[1:2]] == ["2025–2027"]
    path = put(tmp_path, "calendars/cn.yaml", CALENDAR.replace("2026-10-01..", "2026-09-30.."))
    assert refused("run", env=env).startswith(f"sla-timer: {path}:4: holidays: 2026-09-30: the year 2026 ")


def test_after_state_without_policies_the_first_publication_is_no_exception(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    env = set_up(kafka.bootstrap, prefix, tmp_path, partitions=1)
    key = b"T1@default"
    asyncio.run(write(kafka.bootstrap, f"{prefix}sla.tickets", [(0, key, b"state")]))
    assert "at least one minute from now" in refused("run", env=env)
    asyncio.run(write(kafka.bootstrap, f"{prefix}sla.tickets", [(0, key, None)]))
    assert ended("publish", env=env)[-1] == "published quick version 1"
