"""Two thousand half requests against a process with 256 descriptors: it answers probes and judges on."""

import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from service.clock import now_ms
from tests.broker.live import WITHIN, event, publish, set_up, told
from tests.broker.service import STOPS_WITHIN, running, until

DESCRIPTORS = 256
FLOOD = 2_000
PARTITIONS = 12
HALF = {
    "head": b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ",
    "body": b"POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\na",
    "nothing": b"",
}
AT_ONCE = 5.0  # seconds: of a probe's ten


@contextmanager
def flooded(client: httpx.Client, half: bytes) -> Iterator[None]:
    """So many connections that never end their request, held open on our side."""
    where = client.base_url.host, client.base_url.port
    with ExitStack() as stack:
        for _ in range(FLOOD):
            connection = stack.enter_context(socket.socket())
            connection.settimeout(WITHIN)
            connection.connect(where)
            try:
                connection.send(half)
            except OSError:  # it made room for another one already
                continue
        yield


def asked(client: httpx.Client, path: str) -> str:
    """What a new connection is answered, in the time that a probe has."""
    return httpx.get(f"{client.base_url}{path}", timeout=AT_ONCE).text


@pytest.mark.parametrize("half", HALF)
async def test_a_service_answers_probes_and_judges_while_half_requests_pile_up(
    bootstrap: str, prefix: str, tmp_path: Path, half: str
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, PARTITIONS)
    with running(env, descriptors=DESCRIPTORS) as (process, client):
        with flooded(client, HALF[half]):
            # Its partitions are acquired meanwhile: each needs new connections to Kafka.
            assert asked(client, "/livez") == "alive\n"
            until(client, "/readyz", lambda answer: answer.status_code == 200)
            await publish(
                bootstrap,
                prefix,
                PARTITIONS,
                [(f"T{number}", event(f"T{number}", "received", now_ms())) for number in range(24)],
            )
            assert len(await told(bootstrap, prefix, at_least=24)) >= 24
            metrics = asked(client, "/metrics")
            crowded_out = [line for line in metrics.splitlines() if 'reason="crowded_out"' in line]
            assert float(crowded_out[0].rpartition(" ")[2]) > FLOOD / 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN) == 0


def test_a_board_is_seen_while_half_requests_pile_up(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path, PARTITIONS)
    board = "board", "--http", "127.0.0.1:0"
    with running(env), running(env, *board, descriptors=DESCRIPTORS) as (process, client):
        with flooded(client, HALF["head"]):
            assert asked(client, "/livez") == "alive\n"
            until(client, "/readyz", lambda answer: answer.status_code == 200)
            assert "<h1" in asked(client, "/")
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN) == 0
