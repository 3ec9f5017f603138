"""The run log and its seals; what the database holds by now is sealed as it is."""

import sqlalchemy as sa
from alembic import op

from tracker.store import evidence
from tracker.store.dialect import driver_of

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Number = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entry",
        sa.Column("number", Number, nullable=False),
        sa.Column("at", Number, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=True),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_entry"),
        sqlite_strict=True,
    )
    op.create_table(
        "seal",
        sa.Column("entry", Number, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", Number, nullable=True),
        sa.Column("answer_id", Number, nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_seal_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry", name="pk_seal"),
        sqlite_strict=True,
    )
    op.create_index("ix_seal_account_id", "seal", ["account_id"])
    op.create_index("ix_seal_answer_id", "seal", ["answer_id"])
    evidence.begin(driver_of(op.get_bind()))
