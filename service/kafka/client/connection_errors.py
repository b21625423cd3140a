"""Finds out why a connection to Kafka fails; the library says only that it could not connect."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from service.errors import RefusalError

PATIENCE_SECONDS = 5.0  # for one server
_CUT = (EOFError, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_OTHER_NAME = (62, 64)  # OpenSSL's codes: the certificate is for another host name, another address


class Greeting(NamedTuple):
    """Why servers reject us: the line for the user, if there is one, and whether a retry would be useless."""

    refusal: RefusalError | None
    lasts: bool


_SILENCE = Greeting(None, lasts=False)
_NOBODY = Greeting(None, lasts=True)


async def greeting(connection: Mapping[str, Any]) -> Greeting:
    """Probe all servers at once, so that no probe waits for a server that hangs.

    A server that accepts us decides; after it, a server that names a lasting reason. A connection that breaks
    at once may mean the wrong protocol, or a network failure, so it is not lasting. If no server accepts
    connections at any address, a retry is useless as well.
    """
    security = {name: value for name, value in connection.items() if name != "bootstrap_servers"}
    hosts = collect_hosts(connection["bootstrap_servers"], randomize=False)
    asking = [asyncio.create_task(_met(host, port, security)) for host, port, _ in hosts]
    met: list[Greeting] = []
    try:
        for answer in asyncio.as_completed(asking):
            one = await answer
            if one is None:
                return Greeting(None, lasts=False)
            if one.refusal and one.lasts:
                return one
            met.append(one)
    finally:
        for task in asking:
            task.cancel()
    return next((one for one in met if one.refusal), _NOBODY if set(met) == {_NOBODY} else _SILENCE)


async def _met(host: str, port: int, security: Mapping[str, Any]) -> Greeting | None:
    """Probe one server; None: it accepts us."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _greet(host, port, security)
    except TimeoutError:
        return _SILENCE
    except (KafkaError, OSError) as error:
        cut = any(isinstance(cause, _CUT) for cause in _causes(error))
        line = _line(f"{host}:{port}", error, security)
        return Greeting(RefusalError(line), lasts=not cut) if line else _NOBODY
    return None


async def _greet(host: str, port: int, security: Mapping[str, Any]) -> None:
    kafka = await create_conn(host, port, request_timeout_ms=int(PATIENCE_SECONDS * 1000), **security)
    try:
        # A broker that wants a password says so only in answer to a request.
        await kafka.send(MetadataRequest([]))
    finally:
        await kafka.close()


def _line(server: str, error: BaseException, security: Mapping[str, Any]) -> str | None:
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                wrong = "BOOTSTRAP_SERVERS" if cause.verify_code in _OTHER_NAME else "SSL_CA_FILE"
                return f"KAFKA_{wrong}: the certificate of {server} was rejected: {cause.verify_message}"
            case ssl.SSLError() if "ALERT" in (cause.reason or ""):
                return (
                    f"KAFKA_SSL_CERT_FILE: {server} requires a client certificate, or rejects this one"
                    f" ({cause.reason.replace('_', ' ').lower()})"
                )
            case SaslAuthenticationFailed():
                user, file = security["sasl_plain_username"], "KAFKA_SASL_PASSWORD_FILE"
                return f"{file}: {server} does not know user {user!r} with this password"
            case UnsupportedSaslMechanismError() | IllegalSaslStateError():
                return f"KAFKA_SASL_MECHANISM: {server} does not take {security['sasl_mechanism']}"
            case ssl.SSLError() | EOFError() | ConnectionResetError() | BrokenPipeError():
                protocol = security.get("security_protocol", "PLAINTEXT")
                return f"KAFKA_SECURITY_PROTOCOL: {server} hangs up; does it speak {protocol} there?"
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
