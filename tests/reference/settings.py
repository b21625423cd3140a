"""The page of the settings: their table, and what the reader says of values that are wrong."""

from collections.abc import Iterator, Mapping

from service.errors import RefusalError
from service.settings import SETTINGS, Setting, read_settings
from tests.reference.markdown import code, page, table

_ADDRESS = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092"}

# For each variable, values that are wrong. None: any text will do for the reader of settings.
WRONG: Mapping[str, tuple[str, ...] | None] = {
    "KAFKA_BOOTSTRAP_SERVERS": ("", "kafka", "kafka:9092 other:9092"),
    "KAFKA_SECURITY_PROTOCOL": ("TLS",),
    "KAFKA_SASL_MECHANISM": ("GSSAPI",),
    "KAFKA_SASL_USERNAME": None,
    "KAFKA_SASL_PASSWORD_FILE": ("/nowhere",),
    "KAFKA_SSL_CA_FILE": ("/nowhere",),
    "KAFKA_SSL_CERT_FILE": ("/nowhere",),
    "KAFKA_SSL_KEY_FILE": ("/nowhere",),
    "KAFKA_SSL_KEY_PASSWORD_FILE": ("/nowhere",),
    "SLA_GROUP": ("sla timer",),
    "SLA_INSTANCE": ("timer/1",),
    "SLA_ON_STOP": ("go",),
    "SLA_TOPIC_PREFIX": ("acme:",),
    "SLA_PARTITIONER": ("md5",),
    "SLA_POLICIES": None,
    "SLA_GATEWAY": None,
    "SLA_GRACE": ("1", "1d", "soon"),
    "SLA_PACE": ("11s", "200"),
    "SLA_RETENTION": ("23h", "0d", "35"),
    "SLA_HTTP": ("8080", "0.0.0.0:8080"),
    "SLA_HTTP_TOKEN_FILE": ("/nowhere",),
    "SLA_LOG": ("xml",),
}

# Environments of which each value is right by itself.
CONTRADICTIONS: tuple[Mapping[str, str], ...] = (
    {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"},
    {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512"},
    {"KAFKA_SASL_USERNAME": "timer"},
    {"KAFKA_SSL_CA_FILE": "{file}"},
    {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_KEY_FILE": "{file}"},
    {"SLA_HTTP": "0.0.0.0:8080"},
    {"SLA_GRAZE": "1s"},
    {"KAFKA_SASL_PASSWORD": "secret"},
    {"KAFKA_SSL_KEY_PASSWORD": "secret"},
)


def settings() -> str:
    """docs/reference/settings.md."""
    rows = [(code(one.variable), _flag(one), _default(one), one.help) for one in SETTINGS]
    return page(
        "Settings",
        "the table in `service/settings.py`",
        _HEAD,
        table(("variable", "option of `run`", "default", "is"), rows),
        _GRACE,
        _REFUSED,
        table(("variable", "refused, for example", "because"), _wrong()),
        _TOGETHER,
        table(("set", "refused with"), _contradictions()),
        _ELSEWHERE,
    )


_HEAD = """A setting is an environment variable.
`sla-timer run` takes them as options, too; the option goes before the variable.
An empty variable counts as unset.
Secrets are read from files only.
Lengths are written as `90s`, `1h30m` or `PT30M`; `SLA_RETENTION` also takes days, such as `400d`.

`sla-timer board` listens on `127.0.0.1:8081`, and `sla-timer gateway` on `127.0.0.1:8082`, unless
`SLA_HTTP` or `--http` says otherwise.
The gateway shows no ticket: it needs no `SLA_HTTP_TOKEN_FILE`, wherever it listens."""

_REFUSED = """## What is refused

A bad value ends the process before it reaches Kafka: exit code 2, and one line on standard error.
The line names the variable or the option, the value, and the reason.
It never shows the path or the content of a secret."""

_TOGETHER = """## What does not fit together

These values are refused although each of them could be right."""

_GRACE = """## How to choose a value

[How to choose the grace](../how-to/choose-the-grace.md): `SLA_GRACE`, by how late events come.
Service, gateway and board need the same."""

_ELSEWHERE = """## What is checked later

The reader of settings accepts any text for `SLA_POLICIES`, `SLA_GATEWAY` and `KAFKA_SASL_USERNAME`.
The files are read and checked afterwards; Kafka checks the user name.
`sla-timer policies check` and `sla-timer gateway check` check the files alone.

`simulate`, `policies check`, `report EVENTS` and `explain --events` read `SLA_POLICIES`.
They read no other setting."""


def _flag(setting: Setting) -> str:
    return code(setting.flag) if setting.of_run else ""


def _default(setting: Setting) -> str:
    return code(setting.default) or ("none, required" if setting.variable in _ADDRESS else "none")


def _refusal(environment: Mapping[str, str]) -> str:
    try:
        read_settings(_ADDRESS | environment)
    except RefusalError as refusal:
        return str(refusal)
    raise AssertionError(f"{environment} is not refused")


def _wrong() -> Iterator[tuple[str, ...]]:
    for setting in SETTINGS:
        for text in WRONG[setting.variable] or ():
            reason = _refusal({setting.variable: text}).partition(": ")[2].removeprefix(repr(text)).strip()
            yield code(setting.variable), code(text) or "an empty text", reason


def _contradictions() -> Iterator[tuple[str, ...]]:
    for environment in CONTRADICTIONS:
        real = {name: text.format(file=__file__) for name, text in environment.items()}
        shown = " ".join(code(f"{name}={text.format(file='FILE')}") for name, text in environment.items())
        yield shown, code(_refusal(real))
