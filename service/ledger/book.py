"""Booking: events in, postings out, so that the net of the journal is what the latest revisions owe.

How it works: an event touches the months of accounts where its breach counted or counts now, and those
its item was posted to. All of each such month is assessed again; what differs from the journal is posted.
So repetition, order, a retraction, a higher level, another customer or month need no code of their own.

What must never happen: that an item moves and the place that it left is not looked at.
"""

from collections.abc import Iterable, Sequence

from service.ledger.assess import account_months, assess
from service.ledger.breach import Breach, latest, replaces
from service.ledger.journal import BreachRevision, Journal, Posting
from service.ledger.lines import CAP, difference
from service.ledger.tariff import Tariffs


def book(journal: Journal, told: Iterable[Breach], tariffs: Tariffs, at: int) -> Sequence[Posting]:
    """Keep what counts of `told`, and post the difference. `at`: ms. Return the postings.

    Raises BadBreachError when one revision says two things; then nothing was kept.
    """
    came = latest(told)
    items = {one.item for one in came.values()}
    known = {one.breach_id: one for one in journal.told_of(items)}
    news = [one for one in came.values() if replaces(one, known.get(one.breach_id))]
    if not news:
        return ()
    changed = {one.item for one in news}
    months = {month for one in (*known.values(), *news) for month in account_months(one, tariffs)}
    months |= {*journal.months_posted_to(changed)}
    journal.keep(news)
    there = journal.told_in(months)
    owed = {key: amount for key, amount in assess(there, tariffs).owed.items() if key.account_month in months}
    about = _by_item(there) | _by_item(news)
    postings = [
        Posting(key, amount, None if key.item == CAP else about[key.account.tenant, key.item], at)
        for key, amount in difference(owed, journal.posted(months)).items()
    ]
    journal.post(postings)
    return postings


def _by_item(breaches: Iterable[Breach]) -> dict[tuple[str, str], BreachRevision]:
    """Return the revision that a posting names, by tenant and item: the highest level, if it stands."""
    ordered = sorted(breaches, key=lambda one: (one.stands, one.rank or 0, one.breach_id))
    return {
        (one.item.tenant, str(one.item)): BreachRevision(one.breach_id, one.epoch, one.revision)
        for one in ordered
    }
