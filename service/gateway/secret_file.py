"""A secret in a file, which is read again when the file changes. So a secret is changed without a restart."""

from dataclasses import dataclass, field
from pathlib import Path

from service.errors import RefusalError
from service.gateway.signature import key_of
from service.text.visible import visible

LARGEST_BYTES = 4_096

_Version = tuple[int, int, int]  # of a file: inode, time of the last change in ns, size


@dataclass(slots=True)
class SecretFile:
    """One secret. `encoding`: of the key in it, one of KEY_ENCODINGS."""

    path: Path
    encoding: str
    _version: _Version | None = None
    _key: bytes = field(default=b"", repr=False)

    def key(self) -> bytes:
        """Return the key that the file holds now. Raises RefusalError, which does not show it."""
        try:
            state = self.path.stat()
            version = state.st_ino, state.st_mtime_ns, state.st_size
            if version != self._version:
                if not self.path.is_file():  # a pipe would block
                    raise self._refusal("is no file")
                self._key = self._read()
                self._version = version
        except OSError as error:
            self._version = None
            raise self._refusal(f"cannot be read: {error.strerror or error}") from None
        return self._key

    def _read(self) -> bytes:
        self._version = None
        with self.path.open("rb") as opened:
            raw = opened.read(LARGEST_BYTES + 1)
        if len(raw) > LARGEST_BYTES:
            raise self._refusal(f"is larger than {LARGEST_BYTES} bytes, which no secret is")
        try:
            secret = raw.decode().strip()
        except UnicodeDecodeError:
            raise self._refusal("is not UTF-8") from None
        if not secret:
            raise self._refusal("is an empty file")
        try:
            return key_of(secret, self.encoding)
        except ValueError as error:
            raise self._refusal(str(error)) from None

    def _refusal(self, reason: str) -> RefusalError:
        return RefusalError(f"secret {visible(str(self.path))}: {reason}")
