"""The tables of the journal. `migrations` makes them; a test compares the two.

Amounts are minor units, instants ms. Postings and documents are protected from change by triggers.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

TABLES = MetaData()

# The latest revision of each breach, as service.ledger.breach reads it.
BREACHES = Table(
    "breaches",
    TABLES,
    Column("breach_id", String(36), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("stands", Boolean, nullable=False),
    Column("tenant", String(128), nullable=False),
    Column("ticket_id", String(128), nullable=False),
    Column("cycle", BigInteger, nullable=False),
    Column("clock", String(128), nullable=False),
    Column("customer_id", String(128)),
    Column("level", String(128), nullable=False),
    Column("rank", BigInteger),
    Column("supersedes", String(36)),
    Column("policy", String),
    Column("zone", String),
    Column("due_at", BigInteger),
    Column("month", String(7)),
    Column("overrun", BigInteger),
    Index("breaches_of_item", "tenant", "ticket_id", "cycle", "clock"),
    Index("breaches_of_account", "tenant", "month", "customer_id"),
)

POSTINGS = Table(
    "postings",
    TABLES,
    # SQLite counts up by itself only for INTEGER
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("tenant", String(128), nullable=False),
    Column("customer", String(128), nullable=False),
    Column("month", String(7), nullable=False),
    Column("item", String, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("breach_id", String(36)),
    Column("epoch", BigInteger),
    Column("revision", BigInteger),
    Column("posted_at", BigInteger, nullable=False),
    Index("postings_of_account", "tenant", "customer", "month"),
    Index("postings_of_item", "tenant", "item"),
    Index("postings_of_month", "month"),
)

CLOSED_MONTHS = Table(
    "closed_months",
    TABLES,
    Column("month", String(7), primary_key=True),
    Column("closed_at", BigInteger, nullable=False),
)

DOCUMENTS = Table(
    "documents",
    TABLES,
    Column("tenant", String(128), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("customer", String(128), nullable=False),
    Column("month", String(7), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("corrects", BigInteger),
    Column("issued_at", BigInteger, nullable=False),
    Column("previous", String(64)),
    Column("sha256", String(64), nullable=False),
    PrimaryKeyConstraint("tenant", "number"),
    UniqueConstraint("tenant", "previous", name="one_document_follows"),
    ForeignKeyConstraint(["tenant", "corrects"], ["documents.tenant", "documents.number"]),
    Index("documents_of_account", "tenant", "customer", "month", "currency"),
)

DOCUMENT_ITEMS = Table(
    "document_items",
    TABLES,
    Column("tenant", String(128), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("item", String, nullable=False),
    Column("amount", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "number", "item"),
    ForeignKeyConstraint(["tenant", "number"], ["documents.tenant", "documents.number"]),
)
