"""A file that is read twice, also where the first reading takes it away: a pipe, a terminal."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from service.errors import RefusalError


@contextmanager
def readable_twice(path: Path, name: str, stdin: BinaryIO) -> Iterator[BinaryIO]:
    """The file `path` (`-`: `stdin`), which people call `name`, as a stream that can be sought.

    What cannot is copied to a file without a name in the directory for temporary ones (TMPDIR), gone with the
    block. Raises RefusalError when it cannot be read or copied.
    """
    if str(path) == "-":
        with _copy(stdin, name) as copy:
            yield copy
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise RefusalError(f"{name}: {error.strerror or error}") from None
    with stream:
        if stream.seekable():
            yield stream
            return
        with _copy(stream, name) as copy:
            yield copy


@contextmanager
def _copy(stream: BinaryIO, name: str) -> Iterator[BinaryIO]:
    place = tempfile.gettempdir()
    with tempfile.TemporaryFile(dir=place) as copy:
        try:
            shutil.copyfileobj(stream, copy)
            copy.flush()
        except OSError as error:
            reason = error.strerror or str(error)
            raise RefusalError(f"{name}: cannot be kept in {place} to be read twice: {reason}") from None
        yield cast("BinaryIO", copy)
