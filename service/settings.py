"""The settings of the service: variable, default, parser and error message of each."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from service.errors import RefusalError
from service.sla.calendar.duration import parse_duration

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `read` turns its text into the value, or raises ValueError with the expected form."""

    variable: str
    help: str
    read: Callable[[str], object]
    default: str | None = None
    of_run: bool = True  # an option of `run`

    @property
    def name(self) -> str:
        """The field of Settings: the variable without its prefix, and for a secret without `_FILE`."""
        name = self.variable.removeprefix("SLA_").removeprefix("KAFKA_")
        return (name.removesuffix("_FILE") if self.read is _secret else name).lower()

    @property
    def flag(self) -> str:
        """The option of `run`, such as `--grace` for SLA_GRACE."""
        return "--" + self.variable.removeprefix("SLA_").removeprefix("KAFKA_").replace("_", "-").lower()


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"is none of {', '.join(choices)}")
        return text

    return read


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,150}", text):
        raise ValueError("may have letters, digits, dot, hyphen and underscore, at most 150 of them")
    return text


def _servers(text: str) -> tuple[str, ...]:
    servers = tuple(server.strip() for server in text.split(","))
    for server in servers:
        if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\s:,/\[\]]+):\d{1,5}", server):
            raise ValueError("must be a list of host:port with commas between")
    return servers


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise ValueError("is no readable file")
    return path


def _secret(text: str) -> str:
    secret = _file(text).read_text(encoding="utf-8").strip()
    if not secret:
        raise ValueError("is an empty file")
    return secret


def _retention(text: str) -> int:
    days = re.fullmatch(r"(\d{1,5})d", text)  # days of 24 h: precise enough for retention, not for a promise
    retention = int(days[1]) * 86_400_000 if days else parse_duration(text)
    if retention < 86_400_000:
        raise ValueError("is less than a day (1d)")
    return retention


def _pace(text: str) -> int:
    pace = parse_duration(text)
    if pace > 10_000:
        raise ValueError("is longer than 10s")
    return pace


def _address(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):(\d{1,5})", text)
    if not found or int(found[3]) > 65535:
        raise ValueError("must be host:port, for example 127.0.0.1:8080 or [::1]:8080")
    return found[1] or found[2], int(found[3])


SETTINGS = (
    Setting("KAFKA_BOOTSTRAP_SERVERS", "Kafka's addresses, host:port,host:port", _servers),
    Setting("KAFKA_SECURITY_PROTOCOL", ", ".join(PROTOCOLS), _one_of(*PROTOCOLS), "PLAINTEXT"),
    Setting("KAFKA_SASL_MECHANISM", ", ".join(MECHANISMS), _one_of(*MECHANISMS)),
    Setting("KAFKA_SASL_USERNAME", "user name for SASL", str),
    Setting("KAFKA_SASL_PASSWORD_FILE", "file with the password for SASL", _secret),
    Setting("KAFKA_SSL_CA_FILE", "file with the certificates to trust (PEM)", _file),
    Setting("KAFKA_SSL_CERT_FILE", "file with our client certificate (PEM)", _file),
    Setting("KAFKA_SSL_KEY_FILE", "file with its private key (PEM)", _file),
    Setting("KAFKA_SSL_KEY_PASSWORD_FILE", "file with the password of that key", _secret),
    Setting("SLA_GROUP", "consumer group and prefix of transactional ids", _name, "sla-timer"),
    Setting("SLA_INSTANCE", "static member id, one per process, the same after a restart", _name),
    Setting(
        "SLA_ON_STOP",
        "what the end of a process with SLA_INSTANCE means: stay (it comes back) or leave (it does not)",
        _one_of("stay", "leave"),
        "stay",
    ),
    Setting("SLA_TOPIC_PREFIX", "put before every topic name", _name, ""),
    Setting(
        "SLA_PARTITIONER",
        "how publishers hash keys: murmur2 or crc32",
        _one_of("murmur2", "crc32"),
        "murmur2",
    ),
    Setting("SLA_POLICIES", "directory of the policy files", Path, "policies"),
    Setting(
        "SLA_GATEWAY", "file of the gateway's sources, or directory of them", Path, "gateway.yaml", False
    ),
    Setting(
        "SLA_GRACE",
        "how long after a deadline its facts may still arrive, for example 1s",
        parse_duration,
        "1s",
    ),
    Setting(
        "SLA_PACE",
        "how long events may wait to share a transaction, for example 200ms; 0s: not at all",
        _pace,
        "500ms",
    ),
    Setting(
        "SLA_RETENTION", "how long a finished ticket is remembered, for example 400d", _retention, "400d"
    ),
    Setting("SLA_HTTP", "where probes and metrics are served, host:port", _address, "127.0.0.1:8080"),
    Setting("SLA_HTTP_TOKEN_FILE", "file with the token for pages that show tickets", _secret),
    Setting("SLA_LOG", "form of the log: text or json", _one_of("text", "json"), "text"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The values, one field for each row of SETTINGS. Durations in ms. repr does not show secrets."""

    bootstrap_servers: tuple[str, ...]
    security_protocol: str
    sasl_mechanism: str | None
    sasl_username: str | None
    sasl_password: str | None = field(repr=False)
    ssl_ca_file: Path | None
    ssl_cert_file: Path | None
    ssl_key_file: Path | None
    ssl_key_password: str | None = field(repr=False)
    group: str
    instance: str | None
    on_stop: str
    topic_prefix: str
    partitioner: str
    policies: Path
    gateway: Path
    grace: int
    pace: int
    retention: int
    http: tuple[str, int]
    http_token: str | None = field(repr=False)
    log: str


def read_settings(
    environment: Mapping[str, str], flags: Mapping[str, str] | None = None, *, asks_for_token: bool = True
) -> Settings:
    """Read SETTINGS from flags (by `Setting.name`), else from environment variables. Raises RefusalError.

    `asks_for_token`: off loopback, the process needs a token for its pages.
    """
    _refuse_unknown(environment)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        flag = (flags or {}).get(setting.name)
        origin = setting.variable if flag is None else setting.flag
        text = environment.get(setting.variable) if flag is None else flag
        text = text or setting.default  # an empty variable counts as unset, as in compose files
        try:
            values[setting.name] = setting.read(text) if text else text
        except (ValueError, OSError) as error:
            shown = "" if setting.read is _secret else f" {text!r}"
            raise RefusalError(f"{origin}:{shown} {error}") from None
    _refuse_contradictions(values, asks_for_token=asks_for_token)
    return Settings(**values)


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = [setting.variable for setting in SETTINGS]
    for variable in sorted(environment):
        if variable.startswith("SLA_") and variable not in known:
            near = get_close_matches(variable, known, n=1)
            raise RefusalError(
                f"{variable}: no such setting" + (f"; did you mean {near[0]}?" if near else "")
            )
    for variable in ("KAFKA_SASL_PASSWORD", "KAFKA_SSL_KEY_PASSWORD"):
        if variable in environment:
            raise RefusalError(f"{variable}: secrets are read from files only; set {variable}_FILE")


def _refuse_contradictions(values: Mapping[str, Any], *, asks_for_token: bool) -> None:
    if values["bootstrap_servers"] is None:
        raise RefusalError(
            "KAFKA_BOOTSTRAP_SERVERS: not set; give Kafka's addresses, for example localhost:9092"
        )
    protocol = values["security_protocol"]
    for needed in ("sasl_mechanism", "sasl_username", "sasl_password"):
        if "SASL" in protocol and values[needed] is None:
            raise RefusalError(f"KAFKA_SECURITY_PROTOCOL: {protocol} also needs {_variable(needed)}")
        if "SASL" not in protocol and values[needed] is not None:
            raise RefusalError(f"{_variable(needed)}: is set, but KAFKA_SECURITY_PROTOCOL is {protocol}")
    for unused in ("ssl_ca_file", "ssl_cert_file", "ssl_key_file", "ssl_key_password"):
        if "SSL" not in protocol and values[unused] is not None:
            raise RefusalError(f"{_variable(unused)}: is set, but KAFKA_SECURITY_PROTOCOL is {protocol}")
    if values["ssl_key_file"] and not values["ssl_cert_file"]:
        raise RefusalError("KAFKA_SSL_KEY_FILE: also needs KAFKA_SSL_CERT_FILE")
    if asks_for_token and values["http"][0] not in LOOPBACK and values["http_token"] is None:
        raise RefusalError(
            f"SLA_HTTP: {values['http'][0]} can be reached by others; it needs SLA_HTTP_TOKEN_FILE"
        )


def _variable(name: str) -> str:
    return next(setting.variable for setting in SETTINGS if setting.name == name)
