"""The connection settings as arguments for every consumer, producer and admin client."""

import ssl

from service.errors import RefusalError
from service.settings import Settings


def connection(settings: Settings) -> dict[str, object]:
    """Connection arguments for aiokafka's clients. Raises RefusalError for an unusable certificate or key."""
    arguments: dict[str, object] = {
        "bootstrap_servers": list(settings.bootstrap_servers),
        "security_protocol": settings.security_protocol,
    }
    if "SASL" in settings.security_protocol:
        arguments["sasl_mechanism"] = settings.sasl_mechanism
        arguments["sasl_plain_username"] = settings.sasl_username
        arguments["sasl_plain_password"] = settings.sasl_password
    if "SSL" in settings.security_protocol:
        arguments["ssl_context"] = _tls(settings)
    return arguments


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ssl_ca_file)
    except ssl.SSLError as error:
        raise RefusalError(
            f"KAFKA_SSL_CA_FILE: {settings.ssl_ca_file} holds no certificate in PEM ({error.reason})"
        ) from None
    if settings.ssl_cert_file:
        password = settings.ssl_key_password or ""  # without a password, OpenSSL asks at the terminal
        try:
            context.load_cert_chain(settings.ssl_cert_file, settings.ssl_key_file, lambda: password)
        except ssl.SSLError as error:
            reason = error.reason or "wrong or missing KAFKA_SSL_KEY_PASSWORD_FILE"
            raise RefusalError(
                f"KAFKA_SSL_CERT_FILE: {settings.ssl_cert_file} and its key cannot be used: {reason}"
            ) from None
    return context
