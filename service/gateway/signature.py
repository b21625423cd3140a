"""How a help desk proves that a delivery is its own: a signature or a shared token, as data.

How it works: a scheme names the header, the algorithm, the encoding and the parts that are signed, in their
order. `verify` computes what the header must say with each valid key, and compares in constant time. The body
is signed as it came, so it is verified before it is parsed.

What must never happen: that anything is accepted which no holder of the secret has signed. So a header of
the proof that came twice proves nothing, and the answer to a challenge is never also a signature.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from schemas.instant import read_milliseconds
from service.gateway.headers import HeaderLines, only

ALGORITHMS = ("sha1", "sha256", "sha384", "sha512")
ENCODINGS = ("hex", "base64")
TIME_FORMATS = ("iso", "unix")
KEY_ENCODINGS = ("text", "base64")
BODY, OF_HEADER = "body", "header:"  # of `signed`; any other part is signed as it is written

_KEY_PREFIX = "whsec_"  # of Standard Webhooks, before a key in base64
_SECONDS = re.compile(rb"[0-9]{1,12}")
# GLPI asks with a digest of its own. Nothing else is signed for whoever asks: see verify.
CHALLENGE = re.compile(rb"[0-9a-f]{64}")


class Unauthorised(StrEnum):
    """Why a delivery was not accepted as that of its source, a closed list. They stand in metrics."""

    NO_PROOF = "no_proof"
    BAD_PROOF = "bad_proof"
    NO_TIMESTAMP = "no_timestamp"
    STALE = "stale"
    FROM_A_BROWSER = "from_a_browser"


@dataclass(frozen=True, slots=True)
class SignedTime:
    """The time stamp that is signed with the body. `tolerance` in ms; None: any age."""

    header: str
    format: str  # of TIME_FORMATS
    tolerance: int | None


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """An HMAC in a header."""

    header: str
    algorithm: str  # of ALGORITHMS
    encoding: str  # of ENCODINGS
    prefix: str = ""  # before each signature
    separator: str = ""  # between several signatures in the header; empty: there is one
    signed: tuple[str, ...] = (BODY,)  # the parts in their order, as BODY and OF_HEADER say
    timestamp: SignedTime | None = None
    key_encoding: str = "text"  # of KEY_ENCODINGS
    challenge: str = ""  # the parameter of a query whose value is to be signed; empty: no such query

    @property
    def proofs(self) -> tuple[str, ...]:
        """The headers that nobody else may see."""
        return (self.header,)


@dataclass(frozen=True, slots=True)
class SharedToken:
    """A secret in a header, as it is or in base64 (`Basic`, then of `user:password`)."""

    header: str
    prefix: str = ""
    encoding: str = "text"  # of KEY_ENCODINGS

    @property
    def proofs(self) -> tuple[str, ...]:
        """The headers that nobody else may see."""
        return (self.header,)

    @property
    def key_encoding(self) -> str:
        """How the secret stands in its file."""
        return "text"


Proof = SignatureScheme | SharedToken


def key_of(secret: str, encoding: str) -> bytes:
    """Return the key that a secret stands for. Raises ValueError as the rest of a sentence."""
    if encoding == "text":
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(_KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None
    if not key:
        raise ValueError("is an empty key")
    return key


def verify(
    proof: Proof, keys: Sequence[bytes], headers: HeaderLines, body: bytes, now: int
) -> Unauthorised | None:
    """Return why a delivery proves nothing; None: the owner of one of `keys` sent it. `now` in ms."""
    given = only(headers, proof.header)
    if given is None:
        return Unauthorised.BAD_PROOF if proof.header.lower() in headers else Unauthorised.NO_PROOF
    if isinstance(proof, SharedToken):
        fits = _any_fits([given], [_token(proof, key) for key in keys])
        return None if fits else Unauthorised.BAD_PROOF
    signed = _signed(proof, headers, body)
    if signed is None:
        return Unauthorised.NO_TIMESTAMP
    # What the answer to a challenge signs is no delivery: anybody may have asked for it.
    if proof.challenge and CHALLENGE.fullmatch(signed):
        return Unauthorised.BAD_PROOF
    if not _any_fits(_signatures(proof, given), [_expected(proof, key, signed) for key in keys]):
        return Unauthorised.BAD_PROOF
    return _age(proof.timestamp, headers, now) if proof.timestamp else None


def answer_to_challenge(proof: SignatureScheme, key: bytes, asked: str) -> str | None:
    """Return the text that answers a challenge; None: it is none that a product asks."""
    raw = asked.encode("utf-8", "replace")
    if not CHALLENGE.fullmatch(raw):
        return None
    return _encoded(proof, hmac.digest(key, raw, proof.algorithm)).decode()


def _signed(proof: SignatureScheme, headers: HeaderLines, body: bytes) -> bytes | None:
    """Return the text that was signed; None: one of its headers did not come, or came twice."""
    parts: list[bytes] = []
    for part in proof.signed:
        found: bytes | None = body
        if part.startswith(OF_HEADER):
            found = only(headers, part.removeprefix(OF_HEADER))
        elif part != BODY:
            found = part.encode()
        if found is None:
            return None
        parts.append(found)
    return b"".join(parts)


def _signatures(proof: SignatureScheme, given: bytes) -> list[bytes]:
    """Return the signatures in a header, with their prefix. Of hex, capitals are small letters."""
    each = given.split(proof.separator.encode()) if proof.separator else [given]
    return [one.lower() for one in each] if proof.encoding == "hex" else each


def _expected(proof: SignatureScheme, key: bytes, signed: bytes) -> bytes:
    prefix = proof.prefix.encode()
    mac = _encoded(proof, hmac.digest(key, signed, proof.algorithm))
    return (prefix.lower() if proof.encoding == "hex" else prefix) + mac


def _encoded(proof: SignatureScheme, mac: bytes) -> bytes:
    return binascii.hexlify(mac) if proof.encoding == "hex" else base64.b64encode(mac)


def _token(proof: SharedToken, key: bytes) -> bytes:
    return proof.prefix.encode() + (base64.b64encode(key) if proof.encoding == "base64" else key)


def _any_fits(given: Sequence[bytes], expected: Sequence[bytes]) -> bool:
    """True when one of `given` is one of `expected`. Each pair is compared, in constant time."""
    # Digests, so that not even the length of a token can be learnt by time.
    digests = [hashlib.sha256(one).digest() for one in given]
    wanted = [hashlib.sha256(one).digest() for one in expected]
    fits = False
    for one, other in product(digests, wanted):
        fits |= hmac.compare_digest(one, other)
    return fits


def _age(timestamp: SignedTime, headers: HeaderLines, now: int) -> Unauthorised | None:
    said = only(headers, timestamp.header)
    at = None if said is None else _instant(timestamp.format, said)
    if at is None:
        return Unauthorised.NO_TIMESTAMP
    stale = timestamp.tolerance is not None and abs(now - at) > timestamp.tolerance
    return Unauthorised.STALE if stale else None


def _instant(form: str, said: bytes) -> int | None:
    """Return the instant (ms) of a time stamp; None: it is none."""
    if form == "unix":
        return int(said) * 1_000 if _SECONDS.fullmatch(said) else None
    return read_milliseconds(said.decode("latin-1"))
