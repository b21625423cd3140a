"""What a process of the service answers at /readyz, and why there is no answer."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from service.board.probes import NoAnswerError, ask, probe


@pytest.fixture
def half() -> Iterator[str]:
    """A server that says 503 and that a body follows, and sends none until its client is gone."""

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            client.recv(65_536)
            client.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\n{")
            client.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_a_process_that_stands_still_within_its_answer_has_not_answered(half: str) -> None:
    assert probe(half, "complaints.lifecycle").failure == "timed out"


def test_where_nothing_listens_the_reason_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(NoAnswerError, match=r"^\[Errno 111\] Connection refused$"):
        ask(f"http://127.0.0.1:{port}")


def test_a_name_that_can_be_no_host_is_no_answer() -> None:
    with pytest.raises(NoAnswerError):
        ask(f"http://{'a' * 64}.example:80")
