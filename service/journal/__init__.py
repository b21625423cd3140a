"""The journal of the ledger in a database: SQLAlchemy Core, in SQL that SQLite and PostgreSQL know."""
