"""The ledger, counts without posts, versions and deletions, rounded counters, imported files."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Number = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    # A default, because SQLite adds a column that is not NULL with one only; it is the mode of all that is there.
    op.add_column("account", sa.Column("mode", sa.Text(), nullable=False, server_default="posts"))
    op.add_column("account", sa.Column("source", sa.Text(), nullable=True))
    op.add_column("post", sa.Column("refresh_at", Number, nullable=True))
    op.add_column("post", sa.Column("deleted_at", Number, nullable=True))
    op.create_index(
        "ix_post_refresh_at",
        "post",
        ["refresh_at"],
        sqlite_where=sa.text("refresh_at IS NOT NULL"),
        postgresql_where=sa.text("refresh_at IS NOT NULL"),
    )
    op.create_index(
        "ix_post_deleted",
        "post",
        ["account_id"],
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.add_column("metric", sa.Column("precision", Number, nullable=True))
    op.add_column("profile", sa.Column("precision", Number, nullable=True))
    op.add_column("answer", sa.Column("redacted_at", Number, nullable=True))
    op.create_table(
        "version",
        *_of_account("version"),
        sa.Column("post_id", Number, autoincrement=False, nullable=False),
        sa.Column("replaced_at", Number, autoincrement=False, nullable=False),
        sa.Column("version_id", Number, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "post_id", "replaced_at", name="pk_version"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "count",
        *_of_account("count"),
        sa.Column("since", Number, autoincrement=False, nullable=False),
        sa.Column("until", Number, nullable=False),
        sa.Column("posts", Number, nullable=False),
        sa.Column("counted_at", Number, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "since", name="pk_count"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger",
        sa.Column("id", Number, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("account_id", Number, nullable=True),
        sa.Column("reserved_at", Number, nullable=False),
        sa.Column("settled_at", Number, nullable=True),
        sa.Column("cost", Number, nullable=False),
        sa.Column("requests", Number, nullable=False),
        sa.Column("posts", Number, nullable=False),
        sa.Column("users", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_ledger_account_id_account", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sqlite_strict=True,
    )
    op.create_index("ix_ledger_account_id", "ledger", ["account_id"])
    op.create_index("ix_ledger_platform_reserved_at", "ledger", ["platform", "reserved_at"])
    # What visits have cost so far this month counts for its budget; what was theirs becomes the ledger's.
    op.execute(
        """
        INSERT INTO ledger (platform, endpoint, account_id, reserved_at, settled_at, cost, requests, posts, users)
        SELECT platform, 'visit', CASE protection WHEN 'at_risk' THEN NULL ELSE account.id END,
            started_at, started_at, cost, requests, posts_read, users_read
        FROM visit JOIN account ON account.id = account_id
        WHERE requests + posts_read + users_read > 0
        ORDER BY visit.id
        """
    )
    for column in ("requests", "posts_read", "users_read", "cost"):
        op.drop_column("visit", column)
    op.create_table(
        "billed",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("resource_id", Number, autoincrement=False, nullable=False),
        sa.Column("day", Number, nullable=False),
        sa.PrimaryKeyConstraint("platform", "what", "resource_id", name="pk_billed"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "imported_file",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("size", Number, nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("done", Number, nullable=False),
        sa.Column("started_at", Number, nullable=False),
        sa.Column("ended_at", Number, nullable=True),
        sa.PrimaryKeyConstraint("sha256", name="pk_imported_file"),
        sqlite_strict=True,
    )
    op.create_table(
        "compliance_job",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("created_at", Number, nullable=False),
        sa.Column("expires_at", Number, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ids", Number, nullable=False),
        sa.Column("ended_at", Number, nullable=True),
        sa.PrimaryKeyConstraint("job_id", name="pk_compliance_job"),
        sqlite_strict=True,
    )


def _of_account(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("account_id", Number, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=f"fk_{table}_account_id_account", ondelete="CASCADE"
        ),
    )
