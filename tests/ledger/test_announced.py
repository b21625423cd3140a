"""The money of what the service announces, in any order of facts, is the money of the batch judge."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from hypothesis import given, settings

from service.events.announced import verdict
from service.ledger.assess import assess
from service.ledger.book import book
from service.ledger.breach import Breach, read_breach
from service.ledger.close import close
from service.sla.announcement import BILLING, Announcement
from service.sla.changes import About, standing
from service.sla.judge import judge
from service.sla.tickets import ticket_partition
from tests.ledger.ledgers import KINDS
from tests.ledger.stories import tariffs
from tests.naive.policies import TENANT
from tests.sla.test_law import KEY, RETENTION, deliveries

BY = tariffs(
    {
        "rates": [
            {"level": "minor", "amount": {"CNY": "5"}},
            {"level": "major", "percent": "10"},
            {"amount": {"CNY": "3"}, "per": "1m", "max": {"CNY": "50"}},
        ],
        "accounts": {f"{TENANT}/*": {"currency": "CNY", "monthly_fee": "299.90"}},
        "cap": {"amount": {"CNY": "40"}},
        "grace": [{"count": 1, "levels": ["minor"]}],
    }
)


def breaches(announced: Iterable[Announcement]) -> list[Breach]:
    """As the ledger reads them from `sla.breaches`."""
    data = ((one.type, msgspec.to_builtins(verdict(one))) for one in announced if one.type in BILLING)
    return [breach for type_, said in data if (breach := read_breach(type_, said))]


@settings(max_examples=150, deadline=None)
@given(deliveries())
def test_what_is_announced_comes_to_the_money_of_the_batch_judge(delivery):
    story, steps = delivery
    partition = ticket_partition(story.policies, RETENTION)
    with KINDS["memory"](Path()) as ledger:
        for number, (facts, at, _) in enumerate(steps):
            step = partition.step([(KEY, fact) for fact in facts], at=at, now=at, offset=0, grace=0)
            with ledger.begin() as journal:
                book(journal, breaches(step.announcements), BY, number)
                for month in {key.month for key in journal.posted()} if number % 2 else ():
                    close(journal, month, number)
        judged = judge(story.facts, story.policies, TENANT, story.at)
        meant = assess(breaches(standing(About(TENANT, "t1"), judged, story.at)), BY)
        with ledger.begin() as journal:
            assert {key: amount for key, amount in journal.posted().items() if amount} == meant.owed
            found = assess(journal.told(), BY)
            assert [(one.breach.breach_id, one.reason) for one in found.held] == [
                (one.breach.breach_id, one.reason) for one in meant.held
            ]
