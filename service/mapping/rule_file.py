"""Reader of the rules and histories of a mapping file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.mapping.condition import When
from service.mapping.event_rule import FIELDS, EventRule, IdOf, TicketSource
from service.mapping.history import Shape, Telling
from service.mapping.identity import Template
from service.mapping.lookup import Names
from service.mapping.moment import Moment
from service.mapping.rule import Each, Rule
from service.mapping.value import Constant, Source
from service.mapping.value_file import Reading, check_name
from service.strict_yaml.place import Place, suggestion

RULE = ("rule", "when", "each", "with", "ticket", "id", "time", "event", "events", "data")
EVENT = ("event", "when", "ticket", "id", "time", "data")
TELLING = ("history", "each", "with", "when", "endpoint", "headers", "body")
WORDS = tuple(FIELDS)
VOIDED = "voided"
_HAPPENED = "delivery.happened"


@dataclass(frozen=True, slots=True)
class Inherited:
    """What the events of a rule take from it, and from the file."""

    ticket: TicketSource | None
    id: Template | None
    time: Moment | None
    suffix: bool


@dataclass(slots=True)
class Rules:
    """Reads rules. `ids`: the places of ids by the names that `id_of` may use."""

    reading: Reading
    ticket: TicketSource | None
    ids: Mapping[str, tuple[Place, str]]
    time: Moment | None = None  # of rules without one
    id: Template | None = None  # of rules without one; the event's word is appended
    empty_is_none: bool = False  # of times

    def rule(self, place: Place, number: int, known: Sequence[str] = RULE) -> Rule:
        """Return the rule at a place."""
        given = place.fields(known)
        name = given["rule"].text() if "rule" in given else str(number)
        each = read_each(self.reading, given["each"]) if "each" in given else ()
        if len(each) > 1:
            given["each"].wrong("must name one array")
        taken = [one.name for one in each]
        inherited = Inherited(
            self._ticket(given) or self.ticket,
            self.reading.template(given["id"]) if "id" in given else self.id,
            self._time(given) or self.time,
            suffix="events" in given or "id" not in given,
        )
        return Rule(
            name,
            self.reading.condition(given["when"]) if "when" in given else When(),
            each[0] if each else None,
            self.reading.names(given["with"], taken) if "with" in given else Names(),
            self._event_rules(place, given, inherited),
            place.node.line,
        )

    def _event_rules(
        self, place: Place, given: Mapping[str, Place], inherited: Inherited
    ) -> Sequence[EventRule]:
        if ("event" in given) == ("events" in given):
            place.wrong("must have one of event and events")
            return ()
        if "event" in given:
            return (self._event_rule(place, {"event": given["event"], **_own(given)}, inherited),)
        if "data" in given:
            given["data"].wrong("has no use beside events; give it to the event")
        return tuple(
            self._event_rule(one, _event_fields(one), inherited) for one in given["events"].one_or_more()
        )

    def _event_rule(self, place: Place, given: Mapping[str, Place], inherited: Inherited) -> EventRule:
        word = (
            given["event"].one_of(WORDS, "no event of the contract") if "event" in given else None
        ) or "closed"
        own_id = self.reading.template(given["id"]) if "id" in given else None
        parts = {
            "ticket": self._ticket(given) or inherited.ticket,
            "id": own_id or inherited.id,
            "time": self._time(given) or inherited.time,
        }
        for name, part in parts.items():
            if part is None:
                place.wrong(f"the event {word} has no {name}")
        return EventRule(
            word,
            self.reading.condition(given["when"]) if "when" in given else When(),
            ticket=parts["ticket"] or TicketSource(Constant("")),  # type: ignore[arg-type]
            id=parts["id"] or Template("", ()),  # type: ignore[arg-type]
            suffix=f"/{word}" if inherited.suffix and own_id is None else "",
            time=parts["time"] or Moment(()),  # type: ignore[arg-type]
            data=self._data(given["data"], word) if "data" in given else {},
        )

    def _data(self, place: Place, word: str) -> Mapping[str, Source]:
        data: dict[str, Source] = {}
        for name, said in place.entries().items():
            if name not in FIELDS[word]:
                known = FIELDS[word]
                said.wrong(
                    f"{word} has no such field{suggestion(name, known)}" if known else f"{word} has no data"
                )
            elif name == "event_id" and isinstance(said.node.value, dict) and "read" not in said.node.value:
                data[name] = self._id_of(said)
            else:
                data[name] = self.reading.source(said)
        return data

    def _id_of(self, place: Place) -> Source:
        given = place.fields(("id", "id_of"))
        if len(given) != 1:
            place.wrong("must have one of read, id and id_of")
        if "id" in given:
            return IdOf(self.reading.template(given["id"]))
        if "id_of" in given:
            chosen = given["id_of"].one_of(tuple(self.ids), "the id of no other rule's event")
            if chosen:
                where, suffix = self.ids[chosen]
                template = Reading().template(Place(where.file, where.node, where.field, []))
                if _HAPPENED in template.text:
                    given["id_of"].wrong(f"names an id with {_HAPPENED}, which is another instant here")
                return IdOf(template, suffix)
        return Constant("")

    def _ticket(self, given: Mapping[str, Place]) -> TicketSource | None:
        return read_ticket(self.reading, given["ticket"]) if "ticket" in given else None

    def _time(self, given: Mapping[str, Place]) -> Moment | None:
        if "time" not in given:
            return None
        return self.reading.moment(given["time"], empty_is_none=self.empty_is_none)


def _own(given: Mapping[str, Place]) -> Mapping[str, Place]:
    return {"data": given["data"]} if "data" in given else {}


def _event_fields(place: Place) -> Mapping[str, Place]:
    if isinstance(place.node.value, str):
        return {"event": place}
    return place.fields(EVENT, needed=("event",))


def read_ticket(reading: Reading, place: Place) -> TicketSource:
    """Return where the ticket's id comes from: an expression, or `{read: …}`."""
    return TicketSource(reading.read_source(place))


def read_each(reading: Reading, place: Place) -> Sequence[Each]:
    """Return the arrays of `each`, from the outside in, with the names of their elements."""
    given = place.entries()
    if not given:
        place.wrong("must name an element and its array, {item: changelog.items}")
    names: list[str] = []
    for name, said in given.items():
        check_name(said, name, names)
        names.append(name)
    return tuple(Each(name, reading.expression(said)) for name, said in given.items())


def ids_of(rules: Sequence[Place]) -> Mapping[str, tuple[Place, str]]:
    """Return the places of the ids that `id_of` may name, and what is appended: `rule` or `rule/event`.

    The events that void are left out, as a void cannot be voided.
    """
    ids: dict[str, tuple[Place, str]] = {}
    for place in rules:
        given = _silent(place)
        name, event = (given[key].node.value if key in given else None for key in ("rule", "event"))
        if not isinstance(name, str):
            continue
        if isinstance(event, str) and event != VOIDED and "id" in given:
            ids[name] = given["id"], ""
        events = given["events"].node.value if "events" in given else None
        for one in _silent_items(given["events"]) if isinstance(events, list) else ():
            inner = _silent(one)
            word = inner.get("event", one).node.value
            if isinstance(word, str) and word != VOIDED:
                if "id" in inner:
                    ids[f"{name}/{word}"] = inner["id"], ""
                elif "id" in given:
                    ids[f"{name}/{word}"] = given["id"], f"/{word}"
    return ids


def _silent(place: Place) -> Mapping[str, Place]:
    return Place(place.file, place.node, place.field, []).entries()


def _silent_items(place: Place) -> Sequence[Place]:
    return Place(place.file, place.node, place.field, []).items()


def read_telling(reading: Reading, place: Place, number: int) -> Telling:
    """Return one source of a history."""
    begin = len(reading.expressions)
    given = place.fields(TELLING, needed=("body",))
    each = read_each(reading, given["each"]) if "each" in given else ()
    names = reading.names(given["with"], [one.name for one in each]) if "with" in given else Names()
    before_tests = len(reading.expressions)
    condition = reading.condition(given["when"]) if "when" in given else When()
    tested = {root for one in reading.expressions[before_tests:] for root in one.expression.roots}
    headers = given["headers"].entries() if "headers" in given else {}
    telling = Telling(
        given["history"].text() if "history" in given else f"history {number}",
        each,
        names,
        condition,
        _shape(reading, given["body"]) if "body" in given else {},
        {name.lower(): value.text() for name, value in headers.items()},
        given["endpoint"].text() if "endpoint" in given else "",
        tests_names=not tested.isdisjoint(names.sources),
        looks_back=any("delivery.before" in one.expression.text for one in reading.expressions[begin:]),
    )
    if not isinstance(telling.body, Mapping):
        given["body"].wrong("must be a mapping of the fields that the rules read")
    return telling


def _shape(reading: Reading, place: Place) -> Shape:
    if isinstance(place.node.value, dict):
        return {name: _shape(reading, inner) for name, inner in place.entries().items()}
    return reading.expression(place)
