"""A stream that can be read twice, also from a pipe or a terminal."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from service.errors import RefusalError


@contextmanager
def readable_twice(path: Path, name: str, stdin: BinaryIO) -> Iterator[BinaryIO]:
    """Open the file `path` (`-`: `stdin`) as a seekable stream. `name`: its name in messages.

    A stream that is not seekable is copied to an unnamed file in the temporary directory (TMPDIR). The copy
    is gone with the block. Raises RefusalError when the file cannot be read or copied.
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
