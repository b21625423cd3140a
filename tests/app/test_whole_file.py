"""A file that a command writes is there whole or not at all, and nobody else's file is harmed."""

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import RefusalError
from service.whole_file import whole_file

OLD, NEW = b"the old one\n", b"the new one\n"
# Writes more than is buffered, says so, and waits to be ended.
HALF_WAY = """
import signal, sys
from pathlib import Path
from service.whole_file import whole_file
with whole_file(Path(sys.argv[1])) as file:
    file.write(b"x" * 100_000)
    print("half way", flush=True)
    signal.pause()
"""


def write(path: Path, content: bytes = NEW, *, new: bool = False) -> None:
    with whole_file(path, new=new) as file:
        file.write(content)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    write(tmp_path / "dump")
    assert (tmp_path / "dump").read_bytes() == NEW
    assert stat.S_IMODE((tmp_path / "dump").stat().st_mode) == 0o640
    assert names(tmp_path) == ["dump"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o777])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    (tmp_path / "calendar.yaml").write_bytes(OLD)
    (tmp_path / "calendar.yaml").chmod(mode)
    write(tmp_path / "calendar.yaml")
    assert (tmp_path / "calendar.yaml").read_bytes() == NEW
    assert stat.S_IMODE((tmp_path / "calendar.yaml").stat().st_mode) == mode


def test_until_the_end_the_old_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "calendar.yaml"
    path.write_bytes(OLD)
    with whole_file(path) as file:
        file.write(NEW)
        file.flush()
        assert path.read_bytes() == OLD
        (part,) = set(names(tmp_path)) - {"calendar.yaml"}
        assert part.startswith(".calendar.yaml.")
        assert part.endswith(".part")
    assert (path.read_bytes(), names(tmp_path)) == (NEW, ["calendar.yaml"])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("new", [False, True])
def test_an_error_leaves_all_as_it_was(tmp_path: Path, error: type[BaseException], new: bool) -> None:
    if not new:
        (tmp_path / "report").write_bytes(OLD)

    def fail() -> None:
        with whole_file(tmp_path / "report", new=new) as file:
            file.write(NEW)
            raise error

    with pytest.raises(error):
        fail()
    assert names(tmp_path) == ([] if new else ["report"])


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(OLD)
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "far").symlink_to(tmp_path / "link")
    write(tmp_path / "far")
    assert (tmp_path / "far").readlink() == tmp_path / "link"
    assert (tmp_path / "target").read_bytes() == NEW


def test_a_link_to_nothing_makes_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    write(tmp_path / "link")
    assert (tmp_path / "target").read_bytes() == NEW


@pytest.mark.parametrize("there", ["file", "link to nothing", "directory", "device"])
def test_a_new_file_never_takes_a_place_that_is_taken(tmp_path: Path, there: str) -> None:
    path = Path("/dev/null") if there == "device" else tmp_path / "dump"
    if there == "file":
        path.write_bytes(OLD)
    elif there == "link to nothing":
        path.symlink_to("nowhere")
    elif there == "directory":
        path.mkdir()
    with pytest.raises(RefusalError, match=rf"^{re.escape(str(path))}: cannot be written: File exists$"):
        write(path, new=True)
    assert there != "file" or path.read_bytes() == OLD


def test_a_place_that_was_taken_meanwhile_stays_theirs(tmp_path: Path) -> None:
    path = tmp_path / "dump"

    def be_late() -> None:
        with whole_file(path, new=True) as file:
            file.write(NEW)
            path.write_bytes(OLD)

    with pytest.raises(RefusalError, match="cannot be written: File exists"):
        be_late()
    assert (path.read_bytes(), names(tmp_path)) == (OLD, ["dump"])


def test_a_pipe_and_a_device_take_the_bytes_as_they_come(tmp_path: Path) -> None:
    write(Path("/dev/null"))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        write(pipe)
        assert reader.communicate()[0] == NEW
    assert names(tmp_path) == ["pipe"]


def test_standard_output_by_its_name_is_standard_output(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from tests.app.test_whole_file import write; write(Path('/dev/stdout'))"
    )
    for out in (tmp_path / "out").open("wb"), subprocess.PIPE:
        ended = subprocess.run([sys.executable, "-c", program], stdout=out, check=True)
        assert (ended.stdout or (tmp_path / "out").read_bytes()) == NEW


def test_a_long_name_is_no_hindrance(tmp_path: Path) -> None:
    write(tmp_path / ("名" * 85))
    assert names(tmp_path) == ["名" * 85]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing/file", "No such file or directory"),
        (".", "Is a directory"),
        ("loop", "Too many levels of symbolic links"),
        ("file/file", "Not a directory"),
    ],
)
def test_what_cannot_be_written_is_said_in_one_line(tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(
        RefusalError, match=rf"^{re.escape(str(tmp_path / path))}: cannot be written: {reason}"
    ):
        write(tmp_path / path)


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    limited = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.app.test_whole_file import write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9))\n"
        "from service.errors import RefusalError\n"
        "try: write(Path(sys.argv[1]))\n"
        "except RefusalError as refusal: sys.exit(str(refusal))\n"
    )
    path = tmp_path / "calendar.yaml"
    path.write_bytes(OLD)
    ended = subprocess.run([sys.executable, "-c", limited, path], capture_output=True, text=True, check=False)
    assert ended.stderr == f"{path}: cannot be written: File too large\n"
    assert (path.read_bytes(), names(tmp_path)) == (OLD, ["calendar.yaml"])
    with pytest.raises(RefusalError, match=r"^/dev/full: cannot be written: No space left on device$"):
        write(Path("/dev/full"))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_whoever_is_ended_half_way_leaves_the_old_file(tmp_path: Path, how: signal.Signals) -> None:
    path = tmp_path / "calendar.yaml"
    path.write_bytes(OLD)
    with subprocess.Popen(
        [sys.executable, "-c", HALF_WAY, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"half way\n"
        process.send_signal(how)
        process.wait(30)
    assert path.read_bytes() == OLD
    left = [name for name in names(tmp_path) if name != path.name]
    if how is signal.SIGKILL:
        (part,) = left
        assert part.startswith(".calendar.yaml.")
        assert part.endswith(".part")
    else:
        assert left == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "calendar.yaml").write_bytes(OLD)
    (tmp_path / "calendar.yaml").chmod(0o444)
    with pytest.raises(RefusalError, match="cannot be written: Permission denied"):
        write(tmp_path / "calendar.yaml")
    assert (tmp_path / "calendar.yaml").read_bytes() == OLD
