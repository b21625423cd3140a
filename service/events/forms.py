"""msgspec structs of the events in, generated from the contract's models, and at least as strict.

msgspec hardly checks a field that it skips, not even for UTF-8. So unknown fields are forbidden, which also
leaves no room for deep nesting.
"""

from collections.abc import Iterable
from dataclasses import asdict
from functools import reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta
from pydantic import Strict
from pydantic.fields import FieldInfo

from schemas.catalog import MODELS
from schemas.code import LONGEST as LONGEST_CODE
from schemas.code import ClosedMadeFit, Code
from schemas.envelope import DEFAULT_TENANT, Identifier

_text, _limits = get_args(Identifier)
LONGEST: int = _limits.max_length  # characters of an identifier
_Length = Annotated[str, Meta(min_length=_limits.min_length, max_length=LONGEST)]


class Form(msgspec.Struct, tag_field="type", kw_only=True, forbid_unknown_fields=True, gc=False):
    """An event in structured mode. The lengths of its identifiers are checked, `time` is not."""

    type: ClassVar[str]

    specversion: Literal["1.0"]
    id: _Length
    source: _Length
    subject: _Length
    time: str
    tenant: _Length = DEFAULT_TENANT
    datacontenttype: Literal["application/json"] | None = None
    traceparent: str | None = None  # not checked: the models drop an invalid value, and nothing reads it
    data: Any = None


def forms(types: Iterable[str]) -> tuple[Any, dict[str, Any]]:
    """Return a union of Forms for events of these `types`, and by type the struct of the data alone.

    `msgspec.to_builtins` makes a dict of data: the fields that are not null, in the order of the model.
    Raises TypeError when a model has a rule that this module does not support.
    """
    whole, data = [], {}
    for name in types:
        field = MODELS[name].model_fields["data"]
        form = data[name] = _data(field.annotation)
        known = ("data", form) if field.is_required() else ("data", form | None, None)
        whole.append(msgspec.defstruct(name, [known], bases=(Form,), tag=name, namespace={"type": name}))
    return reduce(or_, whole), data


def _data(model: Any) -> Any:
    hints = get_type_hints(model, include_extras=True)
    rows: list[Any] = []
    for name, field in model.model_fields.items():
        if field.is_required():
            rows.append((name, _as_strict(hints[name])))
        elif field.default is None:
            rows.append((name, _as_strict(hints[name]), None))
        else:
            raise TypeError(name)
    return msgspec.defstruct(
        model.__name__, rows, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False
    )


def _as_strict(hint: Any) -> Any:
    if hint == Identifier:
        return _Length
    if hint == Code:  # a code that is fit as it is
        return Annotated[str, Meta(min_length=1, max_length=LONGEST_CODE)] | None
    kind, parts = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return reduce(or_, map(_as_strict, parts))
    if kind is Annotated and isinstance(parts[1], ClosedMadeFit):
        return _as_strict(parts[0])
    if kind is Annotated and all(isinstance(rule, Strict | FieldInfo) for rule in parts[1:]):
        bounds = [bound for rule in parts[1:] if isinstance(rule, FieldInfo) for bound in rule.metadata]
        return Annotated[_as_strict(parts[0]), *(Meta(**asdict(bound)) for bound in bounds)]
    if kind is Literal or hint in (int, NoneType):
        return hint
    raise TypeError(hint)
