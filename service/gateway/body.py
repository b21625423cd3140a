"""The body of a request, read up to a limit."""

from collections.abc import AsyncIterator, Mapping


class BodyTooLargeError(Exception):
    """A body has more bytes than its limit."""


async def read_body(pieces: AsyncIterator[bytes], headers: Mapping[str, str], limit: int) -> bytes:
    """Return the whole body. Raises BodyTooLargeError once more than `limit` bytes came or are announced.

    How long a client may take is limited by the connection (see ConnectionLimiter). The server reads what a
    client sends after the answer, and throws it away.
    """
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdecimal() and int(announced) > limit:
        raise BodyTooLargeError
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > limit:
            raise BodyTooLargeError
    return bytes(body)
