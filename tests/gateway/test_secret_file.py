"""Secrets are files, read again when they change, and shown nowhere."""

import os
from pathlib import Path

import pytest

from service.errors import RefusalError
from service.gateway.secret_file import SecretFile


def test_03_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("first\n")
    secret = SecretFile(path, "text")
    assert secret.key() == b"first"
    path.write_text("the second")
    assert secret.key() == b"the second"


def test_03_a_file_that_takes_its_place_is_read(tmp_path: Path) -> None:
    """As Kubernetes does: the name becomes that of another file, of equal size and time."""
    path, other = tmp_path / "secret", tmp_path / "other"
    path.write_text("first")
    other.write_text("other")
    secret = SecretFile(path, "text")
    assert secret.key() == b"first"
    times = path.stat()
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)
    assert secret.key() == b"other"


def test_03_a_file_that_is_gone_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("first")
    secret = SecretFile(path, "text")
    assert secret.key() == b"first"
    path.unlink()
    for _ in range(2):
        with pytest.raises(RefusalError, match=r"secret .*secret: cannot be read: No such file or directory"):
            secret.key()
    path.write_text("again")
    assert secret.key() == b"again"


@pytest.mark.parametrize(
    ("content", "encoding", "reason"),
    [
        (b"", "text", "is an empty file"),
        (b" \n", "text", "is an empty file"),
        (b"\xff\xfe", "text", "is not UTF-8"),
        (b"a" * 4_097, "text", "is larger than 4096 bytes"),
        (b"hush-hush!", "base64", "is not base64"),
    ],
)
def test_03_what_is_no_secret_is_refused_and_not_shown(
    tmp_path: Path, content: bytes, encoding: str, reason: str
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    secret = SecretFile(path, encoding)
    for _ in range(2):
        with pytest.raises(RefusalError, match=reason) as refused:
            secret.key()
        assert "hush" not in str(refused.value)


def test_03_a_directory_or_a_pipe_is_refused_and_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(RefusalError, match="is no file"):
            SecretFile(path, "text").key()


def test_03_a_secret_is_not_shown_by_its_repr(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("hush")
    secret = SecretFile(path, "text")
    assert secret.key() == b"hush"
    assert "hush" not in repr(secret)
