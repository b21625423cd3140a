"""Files whose name ends with .gz are unpacked as they are read."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from service.errors import RefusalError
from service.offline.file_kinds import is_gzip


@contextmanager
def unpacked(name: str, stream: BinaryIO) -> Iterator[BinaryIO]:
    """Yield the stream, or its unpacked content when `name` ends with .gz. Raises RefusalError."""
    if not is_gzip(name):
        yield stream
        return
    try:
        with gzip.GzipFile(fileobj=stream) as content:
            yield cast("BinaryIO", content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RefusalError(f"{name}: is not gzip, or not all of it: {error}") from None
