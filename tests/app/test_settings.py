"""Settings: what each may be, and the one line that says which is wrong."""

from pathlib import Path

import pytest

from service.errors import RefusalError
from service.settings import SETTINGS, Settings, read_settings

HERE = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092"}


def read(**environment: str) -> Settings:
    return read_settings(HERE | environment)


def test_only_the_address_of_kafka_has_no_default() -> None:
    settings = read_settings(HERE)
    assert settings.bootstrap_servers == ("localhost:9092",)
    assert (settings.group, settings.topic_prefix, settings.instance) == ("sla-timer", "", None)
    assert (settings.grace, settings.retention) == (1_000, 400 * 86_400_000)
    assert (settings.http, settings.policies, settings.log) == (("127.0.0.1", 8080), Path("policies"), "text")
    assert settings.gateway == Path("gateway.yaml")


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"SLA_GRAZE": "1s"}, "SLA_GRAZE: no such setting; did you mean SLA_GRACE?"),
        ({"SLA_ZZZZZZZZZ": "1"}, "SLA_ZZZZZZZZZ: no such setting"),
        ({"SLA_HTTP_TOKEN": "x"}, "SLA_HTTP_TOKEN: no such setting; did you mean SLA_HTTP_TOKEN_FILE?"),
        ({"SLA_LOG": "xml"}, "SLA_LOG: 'xml' is none of text, json"),
        ({"SLA_PARTITIONER": "md5"}, "SLA_PARTITIONER: 'md5' is none of murmur2, crc32"),
        ({"SLA_RETENTION": "23h"}, "SLA_RETENTION: '23h' is less than a day (1d)"),
        (
            {"SLA_HTTP": "8080"},
            "SLA_HTTP: '8080' must be host:port, for example 127.0.0.1:8080 or [::1]:8080",
        ),
        (
            {"SLA_HTTP": "0.0.0.0:8080"},
            "SLA_HTTP: 0.0.0.0 can be reached by others; it needs SLA_HTTP_TOKEN_FILE",
        ),
        ({"SLA_HTTP_TOKEN_FILE": "/nowhere"}, "SLA_HTTP_TOKEN_FILE: is no readable file"),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": ""},
            "KAFKA_BOOTSTRAP_SERVERS: not set; give Kafka's addresses, for example localhost:9092",
        ),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "kafka"},
            "KAFKA_BOOTSTRAP_SERVERS: 'kafka' must be a list of host:port with commas between",
        ),
        (
            {"KAFKA_SASL_PASSWORD": "hush"},
            "KAFKA_SASL_PASSWORD: secrets are read from files only; set KAFKA_SASL_PASSWORD_FILE",
        ),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"},
            "KAFKA_SECURITY_PROTOCOL: SASL_SSL also needs KAFKA_SASL_MECHANISM",
        ),
        (
            {"KAFKA_SASL_USERNAME": "me"},
            "KAFKA_SASL_USERNAME: is set, but KAFKA_SECURITY_PROTOCOL is PLAINTEXT",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_wrong_is_named_in_one_line(environment: dict[str, str], line: str) -> None:
    with pytest.raises(RefusalError) as refusal:
        read(**environment)
    assert str(refusal.value) == line


@pytest.mark.parametrize(("text", "ms"), [("0s", 0), ("1s", 1_000), ("PT1M30S", 90_000)])
def test_the_grace_is_a_duration(text: str, ms: int) -> None:
    assert read(SLA_GRACE=text).grace == ms


@pytest.mark.parametrize("text", ["1", "-1s", "1 day", "2d"])
def test_a_grace_that_is_no_duration_of_hours_is_refused(text: str) -> None:
    with pytest.raises(RefusalError, match=f"^SLA_GRACE: '{text}' "):
        read(SLA_GRACE=text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("[::1]:8080", ("::1", 8080)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_loopback_needs_no_token(text: str, address: tuple[str, int]) -> None:
    assert read(SLA_HTTP=text).http == address


def test_a_flag_goes_before_its_variable_and_is_named_when_wrong() -> None:
    assert read_settings(HERE | {"SLA_GROUP": "one"}, {"group": "two"}).group == "two"
    with pytest.raises(RefusalError, match=r"^--log: 'loud' is none of"):
        read_settings(HERE, {"log": "loud"})


def test_secrets_come_from_files_and_are_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n", encoding="utf-8")
    settings = read(
        KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT",
        KAFKA_SASL_MECHANISM="SCRAM-SHA-512",
        KAFKA_SASL_USERNAME="timer",
        KAFKA_SASL_PASSWORD_FILE=str(secret),
        SLA_HTTP="0.0.0.0:80",
        SLA_HTTP_TOKEN_FILE=str(secret),
    )
    assert settings.sasl_password == settings.http_token == "open sesame"
    assert "sesame" not in repr(settings)


def test_each_setting_has_a_flag_and_a_field_of_its_own() -> None:
    assert len({setting.flag for setting in SETTINGS}) == len(SETTINGS)
    assert {setting.name for setting in SETTINGS} == set(Settings.__dataclass_fields__)


def test_a_process_without_pages_that_show_tickets_needs_no_token_wherever_it_listens() -> None:
    anywhere = HERE | {"SLA_HTTP": "0.0.0.0:8082"}
    assert read_settings(anywhere, asks_for_token=False).http == ("0.0.0.0", 8082)
    with pytest.raises(RefusalError, match="it needs SLA_HTTP_TOKEN_FILE"):
        read_settings(anywhere)


def test_an_option_of_run_is_a_setting_of_the_service() -> None:
    assert [setting.variable for setting in SETTINGS if not setting.of_run] == ["SLA_GATEWAY"]
