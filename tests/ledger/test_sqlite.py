"""The journal in a file: its schema, what protects it, and what it says of files that it cannot use."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from service.errors import RefusalError
from service.journal.sqlite import opened
from service.journal.tables import TABLES
from service.ledger.book import book
from service.ledger.close import close
from tests.ledger.stories import breached, tariffs


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A ledger with a posting, a closed month and a document."""
    path = tmp_path / "ledger.db"
    with opened(path) as ledger, ledger.begin() as journal:
        book(journal, [breached()], tariffs(), 1)
        close(journal, "2026-10", 2)
    return path


def test_the_migrations_make_the_tables_of_the_code(file: Path) -> None:
    with create_engine(f"sqlite:///{file}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), TABLES) == []


def test_a_ledger_is_opened_again_with_what_it_has(file: Path) -> None:
    with opened(file) as ledger, ledger.begin() as journal:
        assert list(journal.posted().values()) == [5000]
        assert [one.number for one in journal.documents("acme")] == [1]


@pytest.mark.parametrize("table", ["postings", "closed_months", "documents", "document_items"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET rowid = rowid"])
def test_what_was_booked_is_never_changed(table: str, change: str, file: Path) -> None:
    with sqlite3.connect(file) as connection:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
        statement = change.format(table).replace("rowid = rowid", f"{_column(connection, table)} = 0")
        with pytest.raises(sqlite3.IntegrityError, match="are never changed: add what corrects them"):
            connection.execute(statement)


def _column(connection: sqlite3.Connection, table: str) -> str:
    return str(connection.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchone()[0])


def test_a_number_is_given_once(file: Path) -> None:
    with sqlite3.connect(file) as connection, pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        connection.execute(
            "INSERT INTO documents SELECT tenant, number, kind, customer, month, currency, corrects,"
            " issued_at, 'x', sha256 FROM documents"
        )


def test_a_newer_schema_is_refused_and_left_as_it_is(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with (
        pytest.raises(RefusalError, match=r"ledger\.db: has the schema 9999, which is newer: update"),
        opened(file),
    ):
        pass
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)


def test_a_file_that_is_no_database_and_a_folder_that_is_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("this is no database, however long it is said to be" * 20)
    for path, reason in [
        ("text", "file is not a database"),
        ("no/ledger.db", "unable to open database file"),
    ]:
        with (
            pytest.raises(RefusalError, match=f"{path}: cannot be used as a ledger: {reason}"),
            opened(tmp_path / path),
        ):
            pass


def test_one_writer_at_a_time(file: Path) -> None:
    """A transaction holds the lock from its beginning, so what it read cannot change before it writes."""
    with opened(file) as ledger, ledger.begin():
        other = sqlite3.connect(file, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
