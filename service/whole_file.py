"""Atomic file writing: a file appears whole or not at all. Every file that a command writes is written here.

The content goes into `.NAME.xxxxxxxx.part` beside the file. When all of it is on the disk, the part replaces
the file atomically. After a full disk, Ctrl-C or an error the part is removed. Only a killed process leaves
the part behind.
"""

import errno
import io
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from service.errors import RefusalError

_LONGEST_NAME_BYTES = 255  # of a file name on common file systems
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@contextmanager
def whole_file(path: Path, *, new: bool = False) -> Iterator[BinaryIO]:
    """Open a stream whose content becomes the file `path` when the block ends without an error.

    An existing file is replaced and keeps its mode; with `new` it is refused. Of a link, the target is
    replaced. A terminal, pipe or device gets the bytes at once. Raises RefusalError.
    """
    try:
        target = path if new else _followed(path)
        before = _found(target or path, new=new)
        if target is None or (before is not None and not stat.S_ISREG(before.st_mode)):
            raw = _Raw(path, os.open(path, os.O_WRONLY | os.O_TRUNC))
            target = None
    except OSError as error:
        raise _refusal(path, error) from None
    if target is None:
        with io.BufferedWriter(raw) as stream:
            yield cast("BinaryIO", stream)
        return
    part = _part(target)
    try:
        with io.BufferedWriter(_Raw(path, _begun(path, part, before))) as stream:
            yield cast("BinaryIO", stream)
            stream.flush()
            _settle(path, stream.fileno())
        _take_place(part, target, path, new=new)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _followed(path: Path) -> Path | None:
    """Return the end of a chain of links; None: an open descriptor such as /dev/stdout, without a path."""
    for _ in range(40):
        if os.path.realpath(path.parent).startswith("/proc/"):
            return None
        if not path.is_symlink():
            return path
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _found(place: Path, *, new: bool) -> os.stat_result | None:
    """Return the status of an existing file, else None. Raises OSError when it may not be written."""
    if new and os.path.lexists(place):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    try:
        found = place.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISREG(found.st_mode):
        os.close(os.open(place, os.O_WRONLY))  # refused whenever writing in place would be refused
    return found


def _part(target: Path) -> Path:
    ending = f".{secrets.token_hex(4)}.part"
    name = target.name.encode()[: _LONGEST_NAME_BYTES - len(ending) - 1].decode(errors="ignore")
    return target.with_name(f".{name}{ending}")


def _begun(path: Path, part: Path, before: os.stat_result | None) -> int:
    mode = 0o666 if before is None else stat.S_IMODE(before.st_mode) & 0o777
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)  # the umask applies
        if before is not None:
            with suppress(PermissionError):  # the file is then ours, like a copy
                os.chown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, mode)
    except OSError as error:
        raise _refusal(path, error) from None
    return descriptor


def _settle(path: Path, descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise _refusal(path, error) from None


def _take_place(part: Path, target: Path, path: Path, *, new: bool) -> None:
    try:
        if new:
            _take_free_place(part, target)
        else:
            part.replace(target)
        directory = os.open(target.parent, os.O_RDONLY)
    except OSError as error:
        raise _refusal(path, error) from None
    try:
        with suppress(OSError):  # some file systems cannot sync a directory; the file is there nevertheless
            os.fsync(directory)
    finally:
        os.close(directory)


def _take_free_place(part: Path, target: Path) -> None:
    """Move the part to a free path. Raises FileExistsError when another process took the path meanwhile.

    The file of the other process stays.
    """
    try:
        target.hardlink_to(part)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        part.replace(target)


def _refusal(path: Path, error: OSError) -> RefusalError:
    return RefusalError(f"{path}: cannot be written: {error.strerror or error}")


class _Raw(io.FileIO):
    """The file below the stream. Its write errors name the file."""

    def __init__(self, path: Path, descriptor: int) -> None:
        super().__init__(descriptor, "w")
        self._path = path
        self._failed = False

    def write(self, content: Any) -> int | None:  # type: ignore[override]
        if self._failed:
            return len(content)  # closing flushes once more; the error was raised before
        try:
            return super().write(content)
        except OSError as error:
            self._failed = True
            raise _refusal(self._path, error) from None
