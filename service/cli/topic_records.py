"""What the commands over kept records have in common: their names, and how a record is shown."""

import json
import re
from base64 import b64encode

import click

from service.text.visible import visible_json


def read_names(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Read names of records, `partition:offset`, for click."""
    del context
    for text in texts:
        if not re.fullmatch(r"[0-9]+:[0-9]+", text):
            raise click.BadParameter(f"{text!r} is no partition:offset as `list` shows it", param=parameter)
    return texts


def json_text(shown: object, indent: int | None = None) -> str:
    """Return what is shown of a record as JSON that steers no terminal."""
    return visible_json(json.dumps(shown, ensure_ascii=False, indent=indent))


def instant_text(at: int) -> str | None:
    """Return a record's time (ms) as text; None: its timestamp is no instant.

    Any client with the right to write to the topic may have written the timestamp.
    """
    from schemas.instant import written

    try:
        return written(at) if at >= 0 else None
    except OverflowError:
        return None


def content_text(content: bytes | None) -> object:
    """Return UTF-8 as text, other bytes as `{"base64": …}`."""
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(content).decode()}
