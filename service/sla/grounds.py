"""The grounds of a statement: the facts that decided it, and the attributes of the ticket that it goes by."""

from service.sla.facts import Fact, Kind
from service.sla.judge import Run
from service.sla.policy import Attributes
from service.sla.timeline import changes_attributes

# The attributes that events out give, in their order. The customer has a field of his own.
ATTRIBUTES = ("channel", "complexity", "priority", "category", "service", "region", "team")
Value = str | None  # None: the ticket has none
AttributesTold = tuple[Value, Value, Value, Value, Value, Value, Value]  # of ATTRIBUTES, in their order

# Plain names are faster, see judge.py.
_PAUSED, _RESUMED = int(Kind.PAUSED), int(Kind.RESUMED)


def told(attributes: Attributes) -> AttributesTold | None:
    """The attributes as events out give them; None for a desk, which has none."""
    if not attributes:
        return None
    get = attributes.get
    return (
        get("channel"),
        get("complexity"),
        get("priority"),
        get("category"),
        get("service"),
        get("region"),
        get("team"),
    )


def attributes_when_overdue(run: Run, due_at: int) -> Attributes:
    """The attributes at the first instant from `due_at` (ms) on at which the clock applies.

    An instant's attributes are those after all its facts; at the end's own, those before the end.
    """
    cycle = run.cycle
    if cycle.is_steady:
        return cycle.attributes
    true_at = run.true_at(due_at)
    instant = due_at if true_at is None else true_at
    return run.attributes if instant == run.stopped_at else cycle.attributes_at(instant)


def evidence(run: Run, *, ended: bool) -> tuple[Fact, ...]:
    """The start of the cycle, start and end of the clock; pauses and changed attributes between them."""
    cycle, start, end = run.cycle, run.start, run.end
    first = cycle.facts[0]
    found = [first]
    if cycle.is_steady and not cycle.was_paused and start is first:
        facts: list[Fact] = []  # no further evidence before the end
    else:
        facts = cycle.facts
    for fact in facts:
        if fact is end:
            break
        kind = fact.kind
        if fact is not first and (
            fact is start
            or (run.clock.when and changes_attributes(fact))
            or (kind in (_PAUSED, _RESUMED) and run.clock.pauses)
        ):
            found.append(fact)
    if end is not None and end is not first and (ended or end is start):
        found.append(end)
    return tuple(found)
