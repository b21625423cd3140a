"""Why Kafka does not let us in: the library tells only that it found no way."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from service.settings import Refusal

PATIENCE = 5.0  # seconds for one server
_OTHER_NAME = (62, 64)  # OpenSSL's codes: the certificate is for another host name, another address


async def turned_away(connection: Mapping[str, Any]) -> Refusal | None:
    """What the first server that answers has against us; None when it has nothing, or none answers."""
    security = {name: value for name, value in connection.items() if name != "bootstrap_servers"}
    for host, port, _ in collect_hosts(connection["bootstrap_servers"], randomize=False):
        try:
            async with asyncio.timeout(PATIENCE):
                await _greet(host, port, security)
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            if line := _line(f"{host}:{port}", error, security):
                return Refusal(line)
        else:
            return None
    return None


async def _greet(host: str, port: int, security: Mapping[str, Any]) -> None:
    kafka = await create_conn(host, port, request_timeout_ms=int(PATIENCE * 1000), **security)
    try:
        await kafka.send(
            MetadataRequest([])
        )  # a broker that wants a password says so only to a real question
    finally:
        await kafka.close()


def _line(server: str, error: BaseException, security: Mapping[str, Any]) -> str | None:
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                wrong = "BOOTSTRAP_SERVERS" if cause.verify_code in _OTHER_NAME else "SSL_CA_FILE"
                return f"KAFKA_{wrong}: the certificate of {server} does not do: {cause.verify_message}"
            case ssl.SSLError() if "ALERT" in (cause.reason or ""):
                return (
                    f"KAFKA_SSL_CERT_FILE: {server} wants a certificate of ours, or another than this one"
                    f" ({cause.reason.replace('_', ' ').lower()})"
                )
            case SaslAuthenticationFailed():
                user, file = security["sasl_plain_username"], "KAFKA_SASL_PASSWORD_FILE"
                return f"{file}: {server} does not know user {user!r} with this password"
            case UnsupportedSaslMechanismError() | IllegalSaslStateError():
                return f"KAFKA_SASL_MECHANISM: {server} does not take {security['sasl_mechanism']}"
            case ssl.SSLError() | EOFError() | ConnectionResetError():
                protocol = security["security_protocol"]
                return f"KAFKA_SECURITY_PROTOCOL: {server} hangs up; does it speak {protocol} there?"
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
