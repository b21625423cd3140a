"""The law: the net of the journal is what the latest revisions owe.

Whatever the order, the repetition, the batches, the closes in between; and documents add up to the journal.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.ledger.assess import assess
from service.ledger.book import book
from service.ledger.breach import Breach, read_breach
from service.ledger.close import close
from service.ledger.document import chain_problems
from service.ledger.lines import LineKey, added
from tests.ledger.ledgers import KINDS, Ledger
from tests.ledger.stories import said, tariffs

BY = tariffs(
    {
        "rates": [
            {"clock": "response", "level": "minor", "amount": {"CNY": "50.00", "JPY": "999"}},
            {"clock": "response", "level": "major", "percent": "33.3"},
            {"clock": "resolution", "amount": {"CNY": "7.77"}, "per": "1h", "max": {"CNY": "30"}},
            {"clock": "outage", "amount": {"CNY": "100", "JPY": "2000"}},
        ],
        "accounts": {
            "acme/*": {"currency": "CNY", "monthly_fee": "299.90"},
            "acme/C-2": [
                {"currency": "CNY", "monthly_fee": "100.01", "until": "2026-10-20"},
                {"currency": "JPY", "monthly_fee": "3333", "from": "2026-10-20"},
            ],
            "other/C-1": {"currency": "CNY"},
        },
        "cap": {"amount": {"CNY": "70"}},
        "grace": [{"count": 1, "levels": ["minor"]}],
        "desks": {"acme/support": ["acme/C-1", "acme/C-2"]},
    },
    {
        "version": 2,
        "effective_from": "2026-10-25T00:00:00+08:00",
        "rates": [{"level": "minor", "amount": {"CNY": "60"}}, {"level": "major", "percent": "50"}],
        "rounding": "down",
    },
)
DUE = ["2026-10-19T16:00:00Z", "2026-10-24T16:30:00Z", "2026-10-31T15:30:00Z", "2026-10-31T16:30:00Z"]
MONTHS = ["2026-09", "2026-10", "2026-11"]

# Few items, so that most have several levels, and most accounts' months several items.
names = st.fixed_dictionaries(
    {
        "tenant": st.sampled_from(["acme", "acme", "acme", "other"]),
        "level": st.sampled_from(["minor", "minor", "major", "critical"]),
    }
).flatmap(
    lambda name: st.sampled_from(
        [
            {**name, "ticket_id": "T-1", "clock": "response"},
            {**name, "ticket_id": "T-2", "clock": "response"},
            {**name, "ticket_id": "T-2", "clock": "resolution"},
            {**name, "ticket_id": "support", "clock": "outage", "customer_id": None},
        ]
    )
)
contents = st.fixed_dictionaries(
    {
        "stands": st.sampled_from([True, True, False]),
        "customer_id": st.sampled_from(["C-1", "C-1", "C-1", "C-1", "C-2", None]),
        "due_at": st.sampled_from(DUE),
        "zone": st.sampled_from(["Asia/Shanghai", "Asia/Shanghai", "Asia/Shanghai", "UTC"]),
        "overrun_seconds": st.sampled_from([1.0, 7200.5, 90000.0, None]),
        "policy": st.sampled_from([None, {"id": "letter"}]),
    }
)
RANKS = {"minor": 1, "major": 2, "critical": 3}


@st.composite
def revisions(draw: st.DrawFn) -> list[Breach]:
    """All that is told of one breach: a few revisions in one or two epochs."""
    name = draw(names)
    told = []
    for version in draw(
        st.lists(st.tuples(st.integers(0, 1), st.integers(1, 3)), unique=True, min_size=1, max_size=3)
    ):
        changes: dict[str, Any] = draw(contents)
        stands = changes.pop("stands")
        epoch, revision = version
        data = said(**{**changes, **name, "rank": RANKS[name["level"]], "epoch": epoch, "revision": revision})
        breach = read_breach("sla.breached" if stands else "sla.breach_retracted", data)
        assert breach is not None
        told.append(breach)
    return told


histories = st.lists(revisions(), min_size=4, max_size=10, unique_by=lambda told: told[0].breach_id)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Breach], list[list[Breach] | str]]:
    """A history, and its events in any order, some repeated, in batches, with closes of months in between."""
    history = [one for told in draw(histories) for one in told]
    repeated = draw(st.lists(st.sampled_from(history), max_size=5))
    order = draw(st.permutations([*history, *repeated]))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=6)))
    steps: list[list[Breach] | str] = []
    for begin, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
        steps.append(list(order[begin:end]))
        steps += draw(st.lists(st.sampled_from(MONTHS), max_size=2))
    return history, steps


def run(ledger: Ledger, steps: Sequence[list[Breach] | str]) -> None:
    for at, step in enumerate(steps):
        with ledger.begin() as journal:
            if isinstance(step, str):
                close(journal, step, at)
            else:
                book(journal, step, BY, at)


def holds(ledger: Ledger, history: Sequence[Breach], at: int) -> None:
    with ledger.begin() as journal:
        net = {key: amount for key, amount in journal.posted().items() if amount}
        # Said with other words than the ledger's own: the greatest (epoch, revision) of each breach.
        last = {one.breach_id: one for one in sorted(history, key=lambda one: (one.epoch, one.revision))}
        assert net == assess(last.values(), BY).owed
        assert book(journal, history, BY, at) == ()
        for month in MONTHS:
            close(journal, month, at)
        documents = [one for tenant in ("acme", "other") for one in journal.documents(tenant)]
        printed = added(
            (LineKey(one.issue.account, one.issue.month, item, one.issue.currency), amount)
            for one in documents
            for item, amount in one.issue.items
        )
        assert {key: amount for key, amount in printed.items() if amount} == net
        assert journal.undocumented() == {}
        for tenant in ("acme", "other"):
            assert chain_problems(journal.documents(tenant)) == []


@settings(max_examples=200, deadline=None)
@given(arrivals())
def test_the_net_of_the_journal_is_what_the_latest_revisions_owe(
    drawn: tuple[list[Breach], list[list[Breach] | str]],
) -> None:
    history, steps = drawn
    with KINDS["memory"](Path()) as ledger:
        run(ledger, steps)
        holds(ledger, history, len(steps))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals())
def test_the_law_holds_in_a_database(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[list[Breach], list[list[Breach] | str]]
) -> None:
    history, steps = drawn
    with KINDS["sqlite"](tmp_path_factory.mktemp("ledger")) as ledger:
        run(ledger, steps)
        holds(ledger, history, len(steps))
