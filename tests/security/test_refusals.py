"""What the service says when Kafka does not let it in: one line that names the setting, exit code 2."""

from collections.abc import Callable

import pytest

from service.errors import RefusalError
from service.processes.startup_checks import prepare
from service.settings import read_settings
from tests.broker.service import environment, sla_timer
from tests.security.broker import USER, SecuredBroker
from tests.security.certificates import new_authority

pytestmark = pytest.mark.broker

Case = Callable[[SecuredBroker], dict[str, str]]


def wrong_password(broker: SecuredBroker) -> dict[str, str]:
    return broker.by_scram(KAFKA_SASL_PASSWORD_FILE=broker.file("wrong-password", "let-me-in"))


def unknown_user(broker: SecuredBroker) -> dict[str, str]:
    return broker.by_scram(KAFKA_SASL_USERNAME="nobody")


def other_mechanism(broker: SecuredBroker) -> dict[str, str]:
    return broker.by_scram(KAFKA_SASL_MECHANISM="SCRAM-SHA-256")


def other_authority(broker: SecuredBroker) -> dict[str, str]:
    other = new_authority(broker.directory, "other-authority")
    return broker.by_scram(KAFKA_SSL_CA_FILE=str(other.pair.certificate))


def other_name(broker: SecuredBroker) -> dict[str, str]:
    return broker.by_scram(KAFKA_BOOTSTRAP_SERVERS=broker.scram.replace("127.0.0.1", "localhost"))


def no_certificate(broker: SecuredBroker) -> dict[str, str]:
    none = dict.fromkeys(("KAFKA_SSL_CERT_FILE", "KAFKA_SSL_KEY_FILE", "KAFKA_SSL_KEY_PASSWORD_FILE"), "")
    return broker.by_certificate(**none)


def foreign_certificate(broker: SecuredBroker) -> dict[str, str]:
    pair = new_authority(broker.directory, "foreign-authority").issue("foreigner")
    return broker.by_certificate(
        KAFKA_SSL_CERT_FILE=str(pair.certificate),
        KAFKA_SSL_KEY_FILE=str(pair.key),
        KAFKA_SSL_KEY_PASSWORD_FILE="",
    )


def no_tls(broker: SecuredBroker) -> dict[str, str]:
    return {"KAFKA_BOOTSTRAP_SERVERS": broker.scram}


def tls_where_there_is_none(broker: SecuredBroker) -> dict[str, str]:
    return broker.by_scram(KAFKA_BOOTSTRAP_SERVERS=broker.admin)


def no_password_where_one_is_wanted(broker: SecuredBroker) -> dict[str, str]:
    return broker.by_certificate(KAFKA_BOOTSTRAP_SERVERS=broker.scram)


def missing_file(broker: SecuredBroker) -> dict[str, str]:
    return broker.by_scram(KAFKA_SSL_CA_FILE="/nowhere/ca.pem")


def missing_password_file(broker: SecuredBroker) -> dict[str, str]:
    return broker.by_scram(KAFKA_SASL_PASSWORD_FILE="/nowhere/password")


def wrong_key_password(broker: SecuredBroker) -> dict[str, str]:
    return broker.by_certificate(KAFKA_SSL_KEY_PASSWORD_FILE=broker.file("wrong-key-password", "let-me-in"))


def authority_without_certificate(broker: SecuredBroker) -> dict[str, str]:
    return broker.by_scram(KAFKA_SSL_CA_FILE=broker.file("no-certificate", "hello"))


@pytest.mark.parametrize(
    ("case", "line"),
    [
        (
            wrong_password,
            f"KAFKA_SASL_PASSWORD_FILE: {{scram}} does not know user '{USER}' with this password",
        ),
        (unknown_user, "KAFKA_SASL_PASSWORD_FILE: {scram} does not know user 'nobody' with this password"),
        (other_mechanism, "KAFKA_SASL_MECHANISM: {scram} does not take SCRAM-SHA-256"),
        (
            other_authority,
            "KAFKA_SSL_CA_FILE: the certificate of {scram} was rejected: unable to get local issuer",
        ),
        (
            other_name,
            "KAFKA_BOOTSTRAP_SERVERS: the certificate of localhost:{scram_port} was rejected: Hostname",
        ),
        (no_certificate, "KAFKA_SSL_CERT_FILE: {mtls} requires a client certificate, or rejects this one"),
        (
            foreign_certificate,
            "KAFKA_SSL_CERT_FILE: {mtls} requires a client certificate, or rejects this one",
        ),
        (no_tls, "KAFKA_SECURITY_PROTOCOL: {scram} hangs up; does it speak PLAINTEXT there?"),
        (tls_where_there_is_none, "KAFKA_SECURITY_PROTOCOL: {admin} hangs up; does it speak SASL_SSL there?"),
        (
            no_password_where_one_is_wanted,
            "KAFKA_SECURITY_PROTOCOL: {scram} hangs up; does it speak SSL there?",
        ),
        (missing_file, "KAFKA_SSL_CA_FILE: '/nowhere/ca.pem' is no readable file"),
        (missing_password_file, "KAFKA_SASL_PASSWORD_FILE: is no readable file"),
        (wrong_key_password, "KAFKA_SSL_CERT_FILE: {client} and its key cannot be used: "),
        (
            authority_without_certificate,
            "KAFKA_SSL_CA_FILE: {directory}/no-certificate holds no certificate in PEM",
        ),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_it_is_said_in_one_line_which_setting_to_look_at(
    secured: SecuredBroker, prefix: str, case: Case, line: str
) -> None:
    with pytest.raises(RefusalError) as refusal:
        await prepare(read_settings(environment("unused:1", prefix) | case(secured)))
    expected = line.format(
        scram=secured.scram,
        scram_port=secured.scram.rpartition(":")[2],
        mtls=secured.mtls,
        admin=secured.admin,
        client=secured.client.certificate,
        directory=secured.directory,
    )
    (said,) = str(refusal.value).splitlines()
    assert said.startswith(expected)
    assert "let-me-in" not in said


@pytest.mark.parametrize("command", [["run"], ["topics", "check"]], ids=" ".join)
def test_a_command_says_nothing_but_that_line_and_ends_with_2(
    secured: SecuredBroker, prefix: str, command: list[str]
) -> None:
    ended = sla_timer(*command, env=environment("unused:1", prefix) | wrong_password(secured))
    (said,) = ended.stderr.splitlines()
    assert ended.returncode == 2
    assert said.startswith("sla-timer: KAFKA_SASL_PASSWORD_FILE: ")
    assert "let-me-in" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout
