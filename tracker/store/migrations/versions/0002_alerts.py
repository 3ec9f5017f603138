"""What somebody was told of an account's silence."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Number = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("account_id", Number, autoincrement=False, nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("since", Number, nullable=True),
        sa.Column("told_at", Number, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_alert_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "track", name="pk_alert"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
