"""Options that several commands have."""

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from service.settings import SETTINGS

_Command = TypeVar("_Command", bound=Callable[..., Any])
_POLICIES = next(setting for setting in SETTINGS if setting.name == "policies")


def read_instant(_: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:
    """Read an instant in RFC 3339 with an offset, for click."""
    from service.policy.policy_file import parse_instant

    try:
        return parse_instant(text) if text is not None else None
    except ValueError as error:
        raise click.BadParameter(f"{text!r} {error}", param=parameter) from None


def read_moment(context: click.Context, parameter: click.Parameter, text: str) -> date | datetime:
    """Read a local date, or an instant with an offset, for click."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise click.BadParameter(f"{text!r} is no date of the calendar", param=parameter) from None
        if not 1970 < day.year < 2999:
            raise click.BadParameter(f"{text!r} is outside the years 1971 to 2998", param=parameter)
        return day
    instant = read_instant(context, parameter, text)
    assert instant is not None, "a text is an instant or an error"
    return instant


def read_duration(_: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """Read a duration, for click. Return ms."""
    from service.sla.calendar.duration import parse_duration

    try:
        return parse_duration(text) if text is not None else None
    except ValueError as error:
        raise click.BadParameter(f"{text!r} {error}", param=parameter) from None


def read_identifier(_: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    """Read an id by the rules of events, for click. An argument may have bytes that are not UTF-8."""
    from pydantic import TypeAdapter, ValidationError

    from schemas.envelope import Identifier

    try:
        return None if text is None else TypeAdapter(Identifier).validate_python(text)
    except ValidationError:
        says = "is no id: 1 to 128 characters without spaces, control characters and @"
        raise click.BadParameter(f"{text!r} {says}", param=parameter) from None


def milliseconds(instant: datetime | None) -> int | None:
    """Return the instant of an option in ms."""
    from service.policy.policy_file import milliseconds as count

    return None if instant is None else count(instant)


def read_services(_: click.Context, parameter: click.Parameter, urls: tuple[str, ...]) -> tuple[str, ...]:
    """Read addresses of processes, for click. Return each once, without a path."""
    for url in urls:
        if not _is_address(url):
            raise click.BadParameter(f"{url!r} is no http://host:port", param=parameter)
    return tuple(dict.fromkeys(url.removesuffix("/") for url in urls))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(re.fullmatch(r"https?://[^\s/?#@]+/?", url) and parts.hostname and parts.port != 0)
    except ValueError:  # of a port above 65535, for example
        return False


policies = click.option(
    "--policies",
    # Not to be readable for click: our own line says what to do.
    type=click.Path(path_type=Path, readable=False),
    envvar=_POLICIES.variable,
    default=_POLICIES.default,
    show_default=True,
    help=_POLICIES.help,
)
_LAST = "judge then; default: after the last deadline"
until = click.option("--until", callback=read_instant, metavar="INSTANT", help=_LAST)
until_or_now = click.option(
    "--until",
    callback=read_instant,
    metavar="INSTANT",
    help=f"{_LAST} of a file, now for the live service",
)
mapping = click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="EVENTS is an export: CSV, .xlsx or JSON; this mapping file says what its rows mean",
)


def services(what_for: str) -> Callable[[_Command], _Command]:
    """The option that names processes of the service. `what_for`: the end of its help."""
    return click.option(
        "--service",
        "services",
        multiple=True,
        callback=read_services,
        metavar="URL",
        help=f"a process of the service, {what_for}; may be repeated",
    )


partial = click.option(
    "--partial", is_flag=True, help="take a ticket with an unreadable line by its other lines"
)
