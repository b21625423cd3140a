"""Which policies the processes that run know, asked of themselves: `policies list --live`."""

import json
import signal
from contextlib import ExitStack
from pathlib import Path

import httpx

from service.clock import now_ms
from tests.broker.live import POLICY, set_up
from tests.broker.service import Service, running, sla_timer, until
from tests.broker.test_publications import HOUR, ended, policy, put


def address(client: httpx.Client) -> str:
    return str(client.base_url).rstrip("/")


def asked(env: dict[str, str], *services: str, json_: bool = False) -> tuple[int, list[str], list[str]]:
    """Exit code and lines of `policies list --live`."""
    options = [word for url in services for word in ("--service", url)]
    done = sla_timer("policies", "list", "--live", *options, *(["--json"] if json_ else []), env=env)
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def both(env: dict[str, str], stack: ExitStack) -> list[tuple[Service, httpx.Client]]:
    """Two processes of one group, once each has a partition that it judges."""
    found = [stack.enter_context(running(env | {"SLA_INSTANCE": name})) for name in ("one", "two")]
    for _, client in found:
        until(client, "/readyz", lambda answer: answer.status_code == 200 and answer.json()["partitions"])
    return found


def test_a_process_that_does_not_answer_is_named_and_one_that_does_knows_what_is_published(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=2)
    ended("publish", env=env)
    with ExitStack() as stack:
        (_, first), (process, second) = both(env, stack)
        urls = address(first), address(second)

        # Published while they run, and asked at once: they take it up meanwhile.
        put(tmp_path, "second.yaml", policy("quick", now_ms() + HOUR, version=2))
        ended("publish", env=env)
        code, out, err = asked(env, *urls)
        assert (code, err) == (0, [])
        assert [line.split()[:2] for line in out[:3]] == [
            ["policy", "version"],
            ["quick", "1"],
            ["quick", "2"],
        ]
        assert out[3:] == [f"{url}: knows what is published" for url in urls]

        # One that was forgotten is not passed over in silence.
        code, out, err = asked(env, urls[0], urls[0] + "/")
        assert (code, out[3:]) == (1, [f"{urls[0]}: knows what is published"])
        (line,) = err
        assert line.startswith(
            f"group {prefix}group has 2 processes, and 1 were asked: name each with --serv"
        )

        process.send_signal(signal.SIGSTOP)
        try:
            code, out, err = asked(env, *urls)
            assert (code, out[3:]) == (1, [f"{urls[0]}: knows what is published"])
            assert err == [f"{urls[1]}: does not answer: timed out"]
            code, out, err = asked(env, *urls, json_=True)
        finally:
            process.send_signal(signal.SIGCONT)
        assert (code, err) == (1, [])
        rows = [json.loads(line) for line in out]
        assert [(row["policy"], row["version"]) for row in rows[:2]] == [("quick", 1), ("quick", 2)]
        assert rows[2:4] == [
            {"service": urls[0], "agrees": True, "ready": True, "failure": None, "differences": []},
            {
                "service": urls[1],
                "agrees": False,
                "ready": None,
                "failure": "does not answer: timed out",
                "differences": [],
            },
        ]
        assert (rows[4]["group"], rows[4]["asked"]) == (f"{prefix}group", 2)


def test_a_process_that_reads_other_policies_is_named_with_what_differs(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """It runs under another prefix: the address is of another installation."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    env = set_up(bootstrap, prefix, ours, partitions=1)
    put(ours, "phone.yaml", policy("phone", now_ms() + HOUR, "{channel: phone}"))
    ended("publish", env=env)
    other = set_up(bootstrap, f"{prefix}other-", theirs, partitions=1)
    put(theirs, "quick.yaml", POLICY.replace("after: 1s", "after: 10s"))
    put(theirs, "mail.yaml", policy("mail", now_ms() + HOUR, "{channel: email}"))
    with running(other) as (_, client):
        url = address(client)
        code, out, err = asked(env, url)
        hashes = {
            (row["policy"], name): row["sha256"]
            for name, of in (("ours", env), ("theirs", other))
            for row in map(json.loads, ended("list", "--json", env=of))
        }
        code_of_json, rows, _ = asked(env, url, json_=True)
    assert (code, code_of_json) == (1, 1)
    assert [line.split()[0] for line in out] == ["policy", "phone", "quick"]
    here, there = hashes["quick", "ours"], hashes["quick", "theirs"]
    assert err == [
        f"{url}: does not know phone version 1",
        f"{url}: has sha256 {there} of quick version 1, and published is {here}",
        f"{url}: knows mail version 1, which is not published",
    ]
    assert json.loads(rows[2])["differences"] == [
        {"policy": "phone", "version": "1", "field": "version", "published": "1", "known": None},
        {"policy": "quick", "version": "1", "field": "sha256", "published": here, "known": there},
        {"policy": "mail", "version": "1", "field": "version", "published": None, "known": "1"},
    ]
