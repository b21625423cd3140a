"""The journal in a file: SQLite, one process at a time.

A transaction takes the lock for writing when it begins: what it reads cannot change before it writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from service.errors import RefusalError
from service.journal.schema import upgrade
from service.journal.sql_journal import SqlJournal


class SqliteLedger:
    """A ledger in a file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def begin(self) -> Iterator[SqlJournal]:
        """Give the journal for one transaction, which is undone as a whole by an error."""
        with self._engine.begin() as connection:
            yield SqlJournal(connection)


@contextmanager
def opened(path: Path) -> Iterator[SqliteLedger]:
    """Open the ledger in a file, which is made and brought to the latest schema. Raises RefusalError."""
    engine = create_engine(f"sqlite+pysqlite:///{path}")
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    try:
        try:
            with engine.begin() as connection:
                upgrade(connection)
        except DBAPIError as error:
            raise RefusalError(f"{path}: cannot be used as a ledger: {error.orig}") from None
        except RefusalError as error:
            raise RefusalError(f"{path}: {error}") from None
        yield SqliteLedger(engine)
    finally:
        engine.dispose()


def _configure(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver begins no transactions: `_begin` does
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
