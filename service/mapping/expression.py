"""Expressions: JMESPath with `lower`, `minus`, `after` and a wider `merge`.

How it works: the file's reader compiles every expression once, and checks what JMESPath checks only when it
runs: names and arguments of functions, the fields of `delivery`. A compiled expression is a tree; a delivery
walks it. No expression loops, calculates or matches patterns, so the time is linear in the body for an
expression of bounded length.

What must never happen: an exception other than ValueTypeError leaves `read`, whatever the body is; a message
quotes a value of the body.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

from jmespath import compile as compiled
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.lexer import Lexer
from jmespath.visitor import Options, TreeInterpreter

LONGEST = 1000  # characters
_DEEPEST = 40  # brackets within one another
DELIVERY = "delivery"  # the one reserved root
OF_DELIVERY = ("header", "endpoint", "instant", "happened", "body", "before", "row")

Values = dict[str, Any]


class ValueTypeError(ValueError):
    """A function met a value of a type that it cannot read."""


class ValueWatch(Protocol):
    """Sees what expressions give, for `mapping check`."""

    def saw(self, expression: "Expression", value: object) -> None:
        """Note one value of an expression."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One compiled expression. `roots`: the names that it reads from the top."""

    text: str
    tree: Any = field(repr=False, compare=False)
    roots: frozenset[str] = field(compare=False)
    path: tuple[str, ...] = field(default=(), repr=False, compare=False)  # of an expression a.b.c, else ()

    @staticmethod
    def of(text: str) -> "Expression":
        """Compile an expression. Raises ValueError with the end of a sentence that begins with the text."""
        if len(text) > LONGEST or _depth(text) > _DEEPEST:
            raise ValueError(f"is longer than {LONGEST} characters or nests deeper than {_DEEPEST} brackets")
        try:
            tokens = list(Lexer().tokenize(text))
            tree = compiled(text).parsed
        except (JMESPathError, ValueError) as error:
            first = str(error).strip().splitlines()[0].rstrip(".:")
            raise ValueError(f"is no JMESPath expression: {first}") from None
        for one, following in pairwise(tokens):
            if one["type"] == "not" and following["type"] != "lparen":
                raise ValueError("negates only its first name, not the whole path; write !(…)")
        for node, inside in _nodes(tree, None):
            _check(node, inside)
        roots = frozenset(_roots(tree))
        if "@" in roots:
            raise ValueError("reads @ from the top; write delivery.body for the whole body")
        return Expression(text, tree, roots, _path(tree))

    def read(self, values: Values, watch: ValueWatch | None = None) -> Any:
        """Return the value. Raises ValueTypeError when a function meets a value that it cannot read."""
        try:
            value = _walked(self.path, values) if self.path else _INTERPRETER.visit(self.tree, values)
        except (JMESPathError, TypeError, ValueError, ArithmeticError, RecursionError):
            raise ValueTypeError("a function meets a value of a type that it cannot read") from None
        if watch is not None:
            watch.saw(self, value)
        return value


class _Functions(Functions):  # type: ignore[misc]
    """JMESPath's functions and ours. Ours give null for null, so that a missing field needs no test."""

    @signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_lower(self, text: str | None) -> str | None:
        return None if text is None else text.lower()

    @signature({"types": ["array", "null"]}, {"types": ["array", "null"]})  # type: ignore[untyped-decorator]
    def _func_minus(self, all_of: list[Any] | None, without: list[Any] | None) -> list[Any] | None:
        if all_of is None:
            return None
        gone = {_key(one) for one in without or ()}
        return [one for one in all_of if _key(one) not in gone]

    @signature({"types": ["string", "null"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_after(self, text: str | None, prefix: str) -> str | None:
        return text[len(prefix) :] if text is not None and text.startswith(prefix) else None

    @signature({"types": ["object", "array"], "variadic": True})  # type: ignore[untyped-decorator]
    def _func_merge(self, *objects: Any) -> Values:
        merged: Values = {}
        for one in objects:
            for each in one if isinstance(one, list) else [one]:
                if isinstance(each, dict):
                    merged.update(each)
        return merged


_INTERPRETER = TreeInterpreter(Options(custom_functions=_Functions()))


def _path(tree: Any) -> tuple[str, ...]:
    """Return the names of an expression that is nothing but names: most are, and it is read twice as fast."""
    parts = tree["children"] if tree["type"] == "subexpression" else [tree]
    return tuple(part["value"] for part in parts) if all(part["type"] == "field" for part in parts) else ()


def _walked(path: tuple[str, ...], values: Any) -> Any:
    for name in path:
        if not isinstance(values, dict):
            return None
        values = values.get(name)
    return values


def _key(value: object) -> tuple[str, object]:
    """Return what makes a JSON value equal to another; hashed, so that `minus` is linear."""
    if isinstance(value, list | dict):
        return "json", json.dumps(value, sort_keys=True)
    return "boolean" if isinstance(value, bool) else type(value).__name__, value


def _depth(text: str) -> int:
    return max(text.count("("), text.count("["), text.count("{"), text.count("!"))


def _children(node: Any) -> list[Any]:
    return [child for child in node.get("children", ()) if isinstance(child, dict)]


def _nodes(node: Any, inside: str | None) -> Iterator[tuple[Any, str | None]]:
    yield node, inside
    for child in _children(node):
        yield from _nodes(child, node["type"])


def _check(node: Any, inside: str | None) -> None:
    """Check what JMESPath checks only when it runs. Raises ValueError."""
    kind = node["type"]
    if kind == "expref" and inside != "function_expression":
        raise ValueError("has & outside the arguments of a function")
    if kind == "function_expression":
        known = _Functions.FUNCTION_TABLE.get(node["value"])
        if known is None:
            raise ValueError(f"calls {node['value']}(), which is no function")
        needed, given = len(known["signature"]), len(node["children"])
        if given != needed and not (known["signature"][-1].get("variadic") and given > needed):
            raise ValueError(f"calls {node['value']}() with {given} arguments; it takes {needed}")
    if kind == "subexpression" and node["children"][0] == _FIELD_DELIVERY:
        of = node["children"][1]
        if of["type"] != "field" or of["value"] not in OF_DELIVERY:
            raise ValueError(f"reads what delivery does not have; it has {', '.join(OF_DELIVERY)}")


_FIELD_DELIVERY = {"type": "field", "children": [], "value": DELIVERY}
# Of these only the first child sees what the node itself sees.
_STEPS = frozenset(
    {
        "subexpression",
        "index_expression",
        "pipe",
        "projection",
        "value_projection",
        "filter_projection",
        "flatten",
    }
)


def _roots(node: Any) -> Iterator[str]:
    """Yield the names that an expression reads from the top."""
    if node["type"] == "field":
        yield node["value"]
    elif node["type"] == "current":
        yield "@"
    elif node["type"] != "expref":
        children = _children(node)
        for child in children[:1] if node["type"] in _STEPS else children:
            yield from _roots(child)
