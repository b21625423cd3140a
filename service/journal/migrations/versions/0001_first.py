"""The first schema: breaches as told last; postings, closed months and documents, which are never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_INSERT_ONLY = ("postings", "closed_months", "documents", "document_items")


def upgrade() -> None:
    """Make the tables and the triggers that protect them."""
    _breaches()
    _postings()
    _documents()
    for table in _INSERT_ONLY:
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change} BEFORE {change.upper()} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, '{table} are never changed: add what corrects them'); END"
            )


def _breaches() -> None:
    op.create_table(
        "breaches",
        sa.Column("breach_id", sa.String(36), primary_key=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("stands", sa.Boolean, nullable=False),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("ticket_id", sa.String(128), nullable=False),
        sa.Column("cycle", sa.BigInteger, nullable=False),
        sa.Column("clock", sa.String(128), nullable=False),
        sa.Column("customer_id", sa.String(128)),
        sa.Column("level", sa.String(128), nullable=False),
        sa.Column("rank", sa.BigInteger),
        sa.Column("supersedes", sa.String(36)),
        sa.Column("policy", sa.String),
        sa.Column("zone", sa.String),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("month", sa.String(7)),
        sa.Column("overrun", sa.BigInteger),
    )
    op.create_index("breaches_of_item", "breaches", ["tenant", "ticket_id", "cycle", "clock"])
    op.create_index("breaches_of_account", "breaches", ["tenant", "month", "customer_id"])


def _postings() -> None:
    op.create_table(
        "postings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("customer", sa.String(128), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("item", sa.String, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("breach_id", sa.String(36)),
        sa.Column("epoch", sa.BigInteger),
        sa.Column("revision", sa.BigInteger),
        sa.Column("posted_at", sa.BigInteger, nullable=False),
    )
    op.create_index("postings_of_account", "postings", ["tenant", "customer", "month"])
    op.create_index("postings_of_item", "postings", ["tenant", "item"])
    op.create_index("postings_of_month", "postings", ["month"])


def _documents() -> None:
    op.create_table(
        "closed_months",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("closed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "documents",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("customer", sa.String(128), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("corrects", sa.BigInteger),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("previous", sa.String(64)),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number"),
        sa.UniqueConstraint("tenant", "previous", name="one_document_follows"),
        sa.ForeignKeyConstraint(["tenant", "corrects"], ["documents.tenant", "documents.number"]),
    )
    op.create_index("documents_of_account", "documents", ["tenant", "customer", "month", "currency"])
    op.create_table(
        "document_items",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("item", sa.String, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number", "item"),
        sa.ForeignKeyConstraint(["tenant", "number"], ["documents.tenant", "documents.number"]),
    )
