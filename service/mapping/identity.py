"""Ids made of templates. The same happening gives the same id, whatever it came by."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from service.mapping.context import Context
from service.mapping.expression import Expression, ValueTypeError
from service.mapping.scalar import text_of

LONGEST = 128  # characters of an id
_NOT_LEGAL = re.compile(r"[\s%\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def legal(text: str) -> str:
    """Return `text` as an id of the contract. Different texts give different ids.

    A blank, control character or `%` becomes its bytes in UTF-8 as `%20`. A text with an `@`, which may be an
    address, or with more than 128 characters becomes `sha256:` and 40 hexadecimal digits of its hash.
    """
    made = _NOT_LEGAL.sub(_escaped, text)
    if "@" in made or len(made) > LONGEST:
        return f"sha256:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"
    return made


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Template:
    """The template of an id: texts as they are, and expressions in braces."""

    text: str
    parts: tuple[str | Expression, ...]

    @staticmethod
    def of(text: str) -> "Template":
        """Read a template. Raises ValueError with the end of a sentence that begins with the text."""
        parts: list[str | Expression] = []
        rest = text
        while rest:
            before, brace, rest = rest.partition("{")
            if "}" in before:
                raise ValueError("has a } without a {")
            if before:
                parts.append(before)
            if brace:
                inner, rest = _braced(rest)
                parts.append(Expression.of(inner.strip()))
        if not any(isinstance(part, Expression) for part in parts):
            raise ValueError("has no {expression}, so that every event would have the same id")
        return Template(text, tuple(parts))

    def fill(self, context: Context, field: str) -> str:
        """Return the filled template. Raises UnmappableError when a value is missing or no scalar."""
        return "".join(
            part if isinstance(part, str) else self._filled(part, context, field) for part in self.parts
        )

    def _filled(self, part: Expression, context: Context, field: str) -> str:
        try:
            value: Any = context.read(part)
        except ValueTypeError as error:
            raise context.unmappable(field, f"{{{part.text}}}: {error}") from None
        text = text_of(value)
        if not text:
            form = "is missing" if value is None else "is no text or number"
            raise context.unmappable(field, f"{{{part.text}}} {form}", value)
        return text


def _braced(text: str) -> tuple[str, str]:
    """Split after the brace that closes; braces and quotes may stand within. Raises ValueError."""
    depth, quote = 1, ""
    for place, one in enumerate(text):
        if quote:
            quote = "" if one == quote else quote
        elif one in "'\"`":
            quote = one
        elif one in "{}":
            depth += 1 if one == "{" else -1
            if not depth:
                return text[:place], text[place + 1 :]
    raise ValueError("has a { that nothing closes")
