"""Booking: events in, postings out, so that the net of the journal is what the latest revisions owe.

How it works: an event touches the months of accounts where its breach counted or counts now, and those
its item was posted to. All of each such month is assessed again; what differs from the journal is posted.
So repetition, order, a retraction, a higher level, another customer or month need no code of their own.

What must never happen: that an item moves and the place that it left is not looked at.
"""

from collections.abc import Iterable, Sequence

from service.ledger.assess import account_months, assess, by_item
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
    now = known | {one.breach_id: one for one in news}
    changed = {one.item for one in news}
    months = {month for one in (*known.values(), *news) for month in account_months(one, tariffs)}
    months |= {*journal.months_posted_to(changed)}
    journal.keep(news)
    there = journal.told_in(months)
    found = assess(there, tariffs)
    owed = {key: amount for key, amount in found.owed.items() if key.account_month in months}
    charged = {charge.key: charge.breach for charge in found.charges}
    told_of = by_item({one.breach_id: one for one in (*there, *now.values())}.values())
    told_last = {(item.tenant, str(item)): _last(breaches) for item, breaches in told_of.items()}
    postings = []
    for key, amount in difference(owed, journal.posted(months)).items():
        about = None if key.item == CAP else charged.get(key) or told_last[key.account.tenant, key.item]
        postings.append(Posting(key, amount, _revision(about) if about else None, at))
    journal.post(postings)
    return postings


def _last(breaches: Sequence[Breach]) -> Breach:
    """Return what was told last of an item: why it is owed no longer. Of several, the highest level."""
    return max(breaches, key=lambda one: (one.version, one.rank or 0, one.breach_id))


def _revision(breach: Breach) -> BreachRevision:
    return BreachRevision(breach.breach_id, breach.epoch, breach.revision)
