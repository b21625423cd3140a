"""Reader of the small parts of a mapping file: expressions, tests, values, times."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TypeVar

from service.mapping.condition import (
    BeginsWith,
    Changed,
    Compared,
    Contains,
    EndsWith,
    Not,
    OneOf,
    Test,
    When,
)
from service.mapping.expression import DELIVERY, Expression
from service.mapping.identity import Template
from service.mapping.located import Located
from service.mapping.lookup import Find, Names
from service.mapping.moment import RFC_3339, UNITS, Format, Moment
from service.mapping.value import Constant, Read, Source, Unknown
from service.strict_yaml.place import Place, shown
from service.timezones import zone_or_offset

VALUE = ("read", "replace", "values", "else", "unknown")
FIND = ("find", "by", "key", "optional")
TIME = ("read", "format", "zone", "cut", "none", "date_at", "plus")
TESTS = ("not", "gained", "lost", "contains", "begins", "ends", "same_as", "differs_from")
CUTS = {"s": 1000, "min": 60_000}
NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
CLOCK_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00"

_NOTHING = Expression.of("`null`")
_NO_TEMPLATE = Template("", ())

T = TypeVar("T")


def is_true(place: Place) -> bool:
    """Return True for a field that can only be true."""
    if place.text() not in ("", "true"):
        place.wrong("must be true; leave it out otherwise")
    return True


@dataclass(slots=True)
class Reading:
    """What is known of the file so far."""

    tables: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    expressions: list[Located] = field(default_factory=list)

    def expression(self, place: Place) -> Expression:
        """Return the expression at a place."""
        found = place.read(Expression.of, _NOTHING)
        self.expressions.append(Located(found, place.node.line, place.field))
        return found

    def expressions_of(self, place: Place) -> Sequence[Expression]:
        """Return one expression, or a list of them."""
        return tuple(self.expression(one) for one in place.one_or_more())

    def template(self, place: Place) -> Template:
        """Return the template at a place."""
        found = place.read(Template.of, _NO_TEMPLATE)
        self.expressions += [
            Located(part, place.node.line, place.field)
            for part in found.parts
            if isinstance(part, Expression)
        ]
        return found

    def condition(self, place: Place) -> When:
        """Return the tests of `when`."""
        tests = []
        for path, expected in place.entries().items():
            try:
                expression = Expression.of(path)
            except ValueError as error:
                expected.wrong(f"{shown(path)} {error}")
                continue
            self.expressions.append(Located(expression, expected.node.line, expected.field))
            tests.append((expression, self._test(expected)))
        return When(tuple(tests))

    def _test(self, place: Place) -> Test:
        if not isinstance(place.node.value, dict):
            return _one_of(place)
        given = place.fields(TESTS)
        if len(given) != 1:
            place.wrong(f"must have one of {', '.join(TESTS)}")
            return OneOf(frozenset(), empty=False)
        name, inner = next(iter(given.items()))
        if name == "not":
            return Not(self._test(inner))
        if name in ("same_as", "differs_from"):
            return Compared(self.expression(inner), same=name == "same_as")
        if name not in TESTS:
            return OneOf(frozenset(), empty=False)
        texts = tuple(one.text() for one in inner.one_or_more())
        return _TEXT_TESTS[name](texts)

    def source(self, place: Place) -> Source:
        """Return the value at a place: a constant text, or `{read: …}`."""
        if not isinstance(place.node.value, dict):
            return Constant(place.text())
        given = place.fields(VALUE, needed=("read",))
        table = self._table(given["values"]) if "values" in given else None
        for name in ("unknown",) if table is None else ():
            if name in given:
                given[name].wrong("has no use without values")
        if "else" in given and "unknown" in given:
            given["unknown"].wrong("has no use beside else")
        unknown = (
            given["unknown"].one_of(tuple(Unknown), "no way to take a text") if "unknown" in given else None
        )
        return Read(
            self.expressions_of(given["read"]) if "read" in given else (_NOTHING,),
            replace=_texts(given["replace"]) if "replace" in given else {},
            table=table,
            otherwise=given["else"].text() if "else" in given else None,
            unknown=Unknown(unknown or "error"),
        )

    def _table(self, place: Place) -> Mapping[str, str | None]:
        if isinstance(place.node.value, str):
            named = place.one_of(tuple(self.tables), "no table of the file") if self.tables else None
            if not self.tables:
                place.wrong("names a table, and the file has no tables")
            return self.tables.get(named or "", {})
        return table(place)

    def names(self, place: Place, taken: Sequence[str] = ()) -> Names:
        """Return the names that `with` gives to values. A name may use only the names before it."""
        given = place.entries()
        sources: dict[str, Source] = {}
        waiting = list(given)
        for name, said in given.items():
            check_name(said, name, taken)
            begin = len(self.expressions)
            sources[name] = self.find(said) if _is_find(said) else self.read_source(said)
            for located in self.expressions[begin:]:
                for used in sorted(located.expression.roots & set(waiting)):
                    said.wrong(f"uses {used}, which is not above it: a name uses only names before it")
            waiting.remove(name)
        return Names(sources)

    def read_source(self, place: Place) -> Source:
        """Return the value at a place: a bare text is an expression."""
        if isinstance(place.node.value, dict):
            return self.source(place)
        return Read((self.expression(place),))

    def find(self, place: Place) -> Find:
        """Return a lookup."""
        given = place.fields(FIND, needed=("find", "by"))
        return Find(
            self.expression(given["find"]) if "find" in given else _NOTHING,
            self.expression(given["by"]) if "by" in given else _NOTHING,
            # Within an element, and so none of the names from the top.
            given["key"].read(Expression.of, _NOTHING) if "key" in given else None,
            "optional" in given and is_true(given["optional"]),
        )

    def moment(self, place: Place, *, empty_is_none: bool = False) -> Moment:
        """Return where an instant comes from: an expression, a list of them, or `{read: …}`."""
        if not isinstance(place.node.value, dict):
            return Moment(self.expressions_of(place), empty_is_none=empty_is_none)
        given = place.fields(TIME, needed=("read",))
        formats = (
            tuple(_read(one, Format, Format(RFC_3339)) for one in given["format"].one_or_more())
            if "format" in given
            else (Format(RFC_3339),)
        )
        if not all(one.has_time for one in formats) and "date_at" not in given:
            given["format"].wrong(
                "has no time of day; say with date_at, such as 09:00, what a date alone means"
            )
        none = (
            [one for one in given["none"].one_or_more() if one.node.value is not None]
            if "none" in given
            else []
        )
        nulls = "none" in given and len(none) < len(given["none"].one_or_more())
        cut = given["cut"].one_of(tuple(CUTS), "no unit to cut to") if "cut" in given else None
        return Moment(
            self.expressions_of(given["read"]) if "read" in given else (_NOTHING,),
            formats=formats,
            zone=_read(given["zone"], _zone, None) if "zone" in given else None,
            cut_ms=CUTS[cut] if cut else 1,
            none=frozenset(one.text() for one in none),
            empty_is_none=empty_is_none or nulls,
            date_at_ms=_read(given["date_at"], _clock_time, 0) if "date_at" in given else None,
            plus=self._plus(given["plus"]) if "plus" in given else None,
        )

    def _plus(self, place: Place) -> tuple[Expression, int] | None:
        given = place.fields(tuple(UNITS))
        if len(given) != 1 or next(iter(given)) not in UNITS:
            place.wrong(f"must have one of {', '.join(UNITS)}")
            return None
        unit, inner = next(iter(given.items()))
        return self.expression(inner), UNITS[unit]


def check_name(place: Place, name: str, taken: Sequence[str] = ()) -> None:
    """Check that a name may be read by expressions without quotes, and is not yet taken."""
    if name == DELIVERY:
        place.wrong(f"the name {DELIVERY} is kept for what is known of the delivery")
    elif not re.fullmatch(NAME, name):
        place.wrong("the name must have letters from A to Z or a to z, digits and _, no digit first")
    elif name in taken:
        place.wrong(f"the name {name} is given twice")


def table(place: Place) -> Mapping[str, str | None]:
    """Return a table of texts; an empty value leaves the field out."""
    return {key: None if value.node.value is None else value.text() for key, value in place.entries().items()}


def _texts(place: Place) -> Mapping[str, str]:
    # An empty replacement takes a part of the text away.
    return {
        key: "" if value.node.value in (None, "") else value.text() for key, value in place.entries().items()
    }


def _is_find(place: Place) -> bool:
    return isinstance(place.node.value, dict) and "find" in place.node.value


def _one_of(place: Place) -> OneOf:
    if place.node.value is None:
        return OneOf(frozenset(), empty=True)
    listed = place.one_or_more()
    texts = [one for one in listed if one.node.value is not None]
    return OneOf(frozenset(one.text() for one in texts), empty=len(texts) < len(listed))


_TEXT_TESTS: Mapping[str, Callable[[tuple[str, ...]], Test]] = {
    "gained": lambda texts: Changed(frozenset(texts), gained=True),
    "lost": lambda texts: Changed(frozenset(texts), gained=False),
    "contains": lambda texts: Contains(frozenset(texts)),
    "begins": BeginsWith,
    "ends": EndsWith,
}


def _read(place: Place, reader: Callable[[str], T], otherwise: T) -> T:
    return place.read(reader, otherwise)


def _zone(text: str) -> tzinfo:
    try:
        return zone_or_offset(text)
    except (KeyError, ValueError):
        raise ValueError("is neither a time zone of the IANA database nor an offset such as +08:00") from None


def _clock_time(text: str) -> int:
    if not re.fullmatch(CLOCK_TIME, text):
        raise ValueError("is no time of day such as 09:00")
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000
