"""The ledgers that every test of the journal runs on, each empty."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from service.journal.sqlite import opened
from service.ledger.journal import Journal
from tests.ledger.memory import MemoryJournal


class Ledger(Protocol):
    def begin(self) -> AbstractContextManager[Journal]: ...


@contextmanager
def in_memory(_: Path) -> Iterator[Ledger]:
    yield MemoryJournal()


@contextmanager
def in_sqlite(folder: Path) -> Iterator[Ledger]:
    with opened(folder / "ledger.db") as ledger:
        yield ledger


KINDS: Mapping[str, Callable[[Path], AbstractContextManager[Ledger]]] = {
    "memory": in_memory,
    "sqlite": in_sqlite,
}
