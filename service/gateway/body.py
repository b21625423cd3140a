"""The body of a request, read up to a limit."""

from collections.abc import AsyncIterator, Mapping


class TooLargeError(Exception):
    """The body is larger than the limit."""


async def read_body(pieces: AsyncIterator[bytes], headers: Mapping[str, str], limit: int) -> bytes:
    """Return the whole body. Raises TooLargeError as soon as more than `limit` bytes came or are announced.

    How long a client may take is limited by the connection (see ConnectionLimiter). The server reads what a
    client sends after the answer, and throws it away.
    """
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdecimal() and int(announced) > limit:
        raise TooLargeError
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > limit:
            raise TooLargeError
    return bytes(body)
