"""What GLPI and GitLab tell once more under another id changes no verdict, as their pages say."""

import io
import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.instant import read_milliseconds, written
from service.mapping.mapped import Event
from service.offline.simulate import simulate
from tests.mapping.desks import deliveries, history, known, mapping
from tests.sla.stories import LETTER


def judged(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Every level of every clock."""
    raw = "".join(json.dumps(event) + "\n" for event in events).encode()
    out, err = io.StringIO(), io.StringIO()
    assert simulate("-", policies=LETTER, clocks=True, stdin=io.BytesIO(raw), out=out, err=err) == 0
    assert err.getvalue() == ""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def told(desk: str) -> dict[str, Event]:
    return known(event for part in mapping(desk).of_history(history(desk)) for event in part.events)


def sent(desk: str) -> dict[str, Event]:
    bodies = [delivery for delivery, _ in deliveries(desk) if isinstance(delivery.body, dict)]
    return known(event for delivery in bodies for event in mapping(desk).of_delivery(delivery).events)


def test_the_states_and_attributes_that_every_update_of_glpi_repeats_change_no_verdict() -> None:
    changes, updates = told("glpi"), sent("glpi")
    assert len(updates.keys() - changes.keys()) == 30
    both = judged((changes | updates).values())
    assert both == judged(changes.values())
    assert {(row["ticket_id"], row["cycle"]) for row in both} == {
        (ticket, cycle) for ticket in ("81", "83") for cycle in (1, 2)
    }


OF_GITLAB = sent("gitlab")
BY_INSTANT = sorted(name for name, event in OF_GITLAB.items() if event["time"] in name)
AS_TOLD = judged(OF_GITLAB.values())


@settings(deadline=None)
@given(st.sets(st.sampled_from(BY_INSTANT), min_size=1))
def test_what_is_told_again_a_second_later_changes_no_verdict(again: set[str]) -> None:
    twins = []
    for name in again:
        event = OF_GITLAB[name]
        instant = read_milliseconds(event["time"])
        assert instant is not None
        later = written(instant + 1_000)
        twins.append({**event, "id": name.replace(event["time"], later), "time": later})
    assert judged([*OF_GITLAB.values(), *twins]) == AS_TOLD
