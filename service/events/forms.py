"""The events in as msgspec reads them: made of the contract's models, and as strict as these or stricter.

What msgspec skips it hardly looks at, be it no UTF-8: so nothing may be unknown. Nor is there room for depth.
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
from schemas.envelope import DEFAULT_TENANT, Code, Identifier

_text, _limits = get_args(Identifier)
LONGEST: int = _limits.max_length  # characters of an identifier
_Length = Annotated[str, Meta(min_length=_limits.min_length, max_length=LONGEST)]


class Form(msgspec.Struct, tag_field="type", kw_only=True, forbid_unknown_fields=True, gc=False):
    """An event in structured mode. Of its identifiers the lengths have been checked; of `time`, nothing."""

    type: ClassVar[str]

    specversion: Literal["1.0"]
    id: _Length
    source: _Length
    subject: _Length
    time: str
    tenant: _Length = DEFAULT_TENANT
    datacontenttype: Literal["application/json"] | None = None
    traceparent: str | None = None  # the models drop what does not fit, and nothing reads it
    data: Any = None


def forms(types: Iterable[str]) -> tuple[Any, dict[str, Any]]:
    """What an event of one of these `types` may be, a Form; and by type, what its data alone may be.

    `msgspec.to_builtins` makes a dict of data: the fields that are not null, in the order of the model.
    Raises TypeError when a model has a rule that is not known here.
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
    if hint == Code:
        return _Length | None
    kind, parts = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return reduce(or_, map(_as_strict, parts))
    if kind is Annotated and all(isinstance(rule, Strict | FieldInfo) for rule in parts[1:]):
        bounds = [bound for rule in parts[1:] if isinstance(rule, FieldInfo) for bound in rule.metadata]
        return Annotated[_as_strict(parts[0]), *(Meta(**asdict(bound)) for bound in bounds)]
    if kind is Literal or hint in (int, NoneType):
        return hint
    raise TypeError(hint)
