"""The stream of the row `grace` has the delays that its figures are explained by."""

import json
from collections import Counter

from bench.grace import DEADLINE, DELAYS, RATE, SECONDS, stream
from schemas.instant import milliseconds, read

BEGIN = 1_800_000_000_000
EVENTS = stream(RATE * SECONDS, BEGIN)
BODIES = [(one.at, json.loads(one.event)) for one in EVENTS]


def test_of_each_hundred_events_of_a_source_so_many_come_so_late() -> None:
    late = Counter((body["source"], at - milliseconds(read(body["time"]))) for at, body in BODIES)
    hundreds = 2 * RATE * SECONDS // 100
    wanted = {(source, delay): share * hundreds for source in DELAYS for share, delay in DELAYS[source]}
    assert late == wanted


def test_half_of_the_tickets_are_answered_after_their_deadline() -> None:
    times = {(body["subject"], body["type"]): milliseconds(read(body["time"])) for _, body in BODIES}
    tickets = {subject for subject, _ in times}
    took = [
        times[ticket, "complaint.response_started"] - times[ticket, "complaint.received"]
        for ticket in tickets
    ]
    share = sum(one > DEADLINE for one in took) / len(took)
    assert 0.49 < share < 0.51


def test_events_are_sent_in_the_order_of_their_instants() -> None:
    assert [one.at for one in EVENTS] == sorted(one.at for one in EVENTS)
