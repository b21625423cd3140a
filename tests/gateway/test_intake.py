"""What becomes of a verified delivery: all of its events, or none of them and a dead letter."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from schemas.instant import written
from service.errors import RefusalError
from service.gateway.gateway_file import read_sources
from service.gateway.intake import MOST_EVENTS, Publishable, Unmappable, take
from service.gateway.source import HookSource
from tests.gateway.configured import write
from tests.gateway.house import NOW

DAY = 86_400_000  # ms
MAPPING = """\
mapping: desk
source: /desk
ticket: id
deliveries:
  - rule: changes
    each: {change: changes}
    event: closed
    id: "{change.id}"
    time: change.at
"""


def desk(folder: Path, mapping: str = MAPPING) -> HookSource:
    (folder / "desk.yaml").write_text(dedent(mapping), encoding="utf-8")
    return read_sources(write(folder, {"desk": "mapping: desk.yaml\n"}), open_to_others=False)["desk"]


def taken(source: HookSource, *times: int) -> Publishable | Unmappable:
    changes = [{"id": f"c{number}", "at": written(time)} for number, time in enumerate(times)]
    return take(source, json.dumps({"id": "T-1", "changes": changes}).encode(), {}, NOW, NOW)


@pytest.mark.parametrize(("ahead", "fits"), [(DAY - 1, True), (DAY, True), (DAY + 1, False)])
def test_11_one_event_that_the_service_would_reject_makes_a_dead_letter_of_all(
    tmp_path: Path, ahead: int, fits: bool
) -> None:
    found = taken(desk(tmp_path), NOW - 1, NOW + ahead)
    if fits:
        assert isinstance(found, Publishable)
        assert [event.time for event in found.events] == [NOW - 1, NOW + ahead]
    else:
        assert found == Unmappable("time_out_of_range", "time", "time is before 2000 or more than 24 h ahead")


MANY = """\
mapping: desk
source: /desk
ticket: id
deliveries:
  - rule: changes
    each: {change: changes}
    id: "{change.id}"
    time: change.at
    events: [{event: closed}, {event: resolved}, {event: feedback_delivered}, {event: followed_up}]
  - {rule: one more, when: {more: "yes"}, event: withdrawn, id: "{id}/more", time: at}
"""


@pytest.mark.parametrize(
    ("elements", "more", "fits"), [(249, "yes", True), (250, "no", True), (250, "yes", False)]
)
def test_11_a_delivery_gives_as_many_events_as_a_ticket_may_have(
    tmp_path: Path, elements: int, more: str, fits: bool
) -> None:
    count = 4 * elements + (more == "yes")
    assert (count <= MOST_EVENTS) == fits
    changes = [{"id": f"c{number}", "at": written(NOW)} for number in range(elements)]
    body = {"id": "T-1", "changes": changes, "more": more, "at": written(NOW)}
    found = take(desk(tmp_path, MANY), json.dumps(body).encode(), {}, NOW, NOW)
    if fits:
        assert isinstance(found, Publishable)
        assert len(found.events) == count
    else:
        assert isinstance(found, Unmappable)
        assert found.reason == "too_many_events"


def test_a_mapping_that_reads_only_exports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusalError, match=r"helpdesk\.yaml” has no deliveries; it reads exports only"):
        read_sources(write(tmp_path, {"desk": "mapping: {mappings}/helpdesk.yaml\n"}), open_to_others=False)
