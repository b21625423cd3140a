"""Reader of how a source proves its deliveries: the fields `signature` and `token`."""

import re
from collections.abc import Mapping, Sequence

from service.gateway.signature import (
    ALGORITHMS,
    BODY,
    ENCODINGS,
    KEY_ENCODINGS,
    OF_HEADER,
    TIME_FORMATS,
    SharedToken,
    SignatureScheme,
    SignedTime,
)
from service.sla.calendar.duration import parse_duration
from service.strict_yaml.document import YamlNode
from service.strict_yaml.place import Place

SIGNATURE = (
    "header",
    "algorithm",
    "encoding",
    "prefix",
    "separator",
    "signed",
    "timestamp",
    "secret_encoding",
    "challenge",
)
TIMESTAMP = ("header", "format", "tolerance")
TOKEN = ("header", "prefix", "encoding")
DEFAULT_TOLERANCE_MS = 300_000
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")


def read_signature(place: Place) -> SignatureScheme | None:
    """Return the scheme at this place; None: a field that it needs is missing."""
    given = place.fields(SIGNATURE, needed=("header", "algorithm", "encoding", "signed"))
    if not all(name in given for name in ("header", "algorithm", "encoding", "signed")):
        return None
    stamped = _timestamp(given["timestamp"]) if "timestamp" in given else None
    signed = _signed(given["signed"], stamped)
    return SignatureScheme(
        read_header(given["header"]),
        given["algorithm"].one_of(ALGORITHMS, "no algorithm of an HMAC here") or "",
        given["encoding"].one_of(ENCODINGS, "no encoding of a signature") or "",
        _plain(given, "prefix"),
        _plain(given, "separator"),
        signed,
        stamped,
        _choice(given, "secret_encoding", KEY_ENCODINGS, "no encoding of a secret"),
        _plain(given, "challenge"),
    )


def _signed(place: Place, stamped: SignedTime | None) -> tuple[str, ...]:
    parts = tuple(item.text() for item in place.items())
    if parts.count(BODY) != 1:
        place.wrong("must have body once, or anybody may send another one")
    for item in place.items():
        text = item.text()
        if text.startswith(OF_HEADER) and not HEADER.fullmatch(text.removeprefix(OF_HEADER)):
            item.wrong("must be header:NAME, body, or a text that is signed as it is")
    headers = {part.removeprefix(OF_HEADER).lower() for part in parts if part.startswith(OF_HEADER)}
    if stamped is not None and stamped.header.lower() not in headers:
        place.wrong(f"must have header:{stamped.header}, or the time stamp proves nothing")
    return parts


def _timestamp(place: Place) -> SignedTime:
    given = place.fields(TIMESTAMP, needed=("header", "format"))
    tolerance: int | None = DEFAULT_TOLERANCE_MS
    if "tolerance" in given:
        never = given["tolerance"].node.value == "none"
        tolerance = None if never else given["tolerance"].read(positive_duration, DEFAULT_TOLERANCE_MS)
    return SignedTime(
        read_header(given["header"]) if "header" in given else "",
        _choice(given, "format", TIME_FORMATS, "no format of a time stamp"),
        tolerance,
    )


def read_token(place: Place) -> SharedToken | None:
    """Return the token at this place; None: its header is missing."""
    given = place.fields(TOKEN, needed=("header",))
    if "header" not in given:
        return None
    encoding = _choice(given, "encoding", KEY_ENCODINGS, "no encoding of a token")
    return SharedToken(read_header(given["header"]), _plain(given, "prefix"), encoding)


def read_header(place: Place) -> str:
    """Return the name of a header at this place."""
    return place.read(_header_name, "")


def _header_name(text: str) -> str:
    if not HEADER.fullmatch(text):
        raise ValueError("is no name of a header")
    return text


def _plain(given: Mapping[str, Place], name: str) -> str:
    """Return a text as it is written; blanks at its ends count."""
    if name not in given:
        return ""
    node: YamlNode = given[name].node
    return node.value if isinstance(node.value, str) else given[name].text()


def _choice(given: Mapping[str, Place], name: str, choices: Sequence[str], what: str) -> str:
    return (given[name].one_of(choices, what) if name in given else None) or choices[0]


def positive_duration(text: str) -> int:
    """Return a duration in ms, which is not 0. Raises ValueError."""
    duration = parse_duration(text)
    if not duration:
        raise ValueError("must be longer than 0s")
    return duration
