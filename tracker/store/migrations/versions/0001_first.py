"""The first schema: accounts, posts, counters, coverage and holes, visits, raw answers, quotas, weekly counts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Number = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", Number, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("listed_handle", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("platform_id", Number, nullable=True),
        sa.Column("access_key", Number, nullable=True),
        sa.Column("protection", sa.Text(), nullable=False),
        sa.Column("collected", Number, nullable=False),
        sa.Column("created_at", Number, nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("state_since", Number, nullable=True),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("last_look_at", Number, nullable=True),
        sa.Column("last_visit_at", Number, nullable=True),
        sa.Column("last_outcome", sa.Text(), nullable=True),
        sa.Column("last_detail", sa.Text(), nullable=True),
        sa.Column("failures", Number, nullable=False),
        sa.Column("profile_at", Number, nullable=True),
        sa.Column("next_visit_at", Number, nullable=False),
        sa.Column("leased_until", Number, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index("ix_account_due", ["platform", "next_visit_at"], unique=False)
        batch_op.create_index("uq_account_platform_platform_id", ["platform", "platform_id"], unique=True)

    op.create_table(
        "quota",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("quota", Number, nullable=True),
        sa.Column("remaining", Number, nullable=False),
        sa.Column("reset_at", Number, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "endpoint", name="pk_quota"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "coverage",
        sa.Column("account_id", Number, autoincrement=False, nullable=False),
        sa.Column("since", Number, autoincrement=False, nullable=False),
        sa.Column("until", Number, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_coverage_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "since", name="pk_coverage"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "handle",
        sa.Column("account_id", Number, autoincrement=False, nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("first_seen", Number, nullable=False),
        sa.Column("last_seen", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_handle_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "handle", name="pk_handle"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hole",
        sa.Column("id", Number, nullable=False),
        sa.Column("account_id", Number, nullable=False),
        sa.Column("since", Number, nullable=True),
        sa.Column("until", Number, nullable=False),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("unreachable", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_hole_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hole"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("hole", schema=None) as batch_op:
        batch_op.create_index("ix_hole_account_id", ["account_id"], unique=False)

    op.create_table(
        "metric",
        sa.Column("account_id", Number, autoincrement=False, nullable=False),
        sa.Column("post_id", Number, autoincrement=False, nullable=False),
        sa.Column("taken_at", Number, autoincrement=False, nullable=False),
        sa.Column("likes", Number, nullable=True),
        sa.Column("reposts", Number, nullable=True),
        sa.Column("replies", Number, nullable=True),
        sa.Column("quotes", Number, nullable=True),
        sa.Column("bookmarks", Number, nullable=True),
        sa.Column("views", Number, nullable=True),
        sa.Column("reactions", Number, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_metric_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "post_id", "taken_at", name="pk_metric"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "post",
        sa.Column("account_id", Number, autoincrement=False, nullable=False),
        sa.Column("post_id", Number, autoincrement=False, nullable=False),
        sa.Column("version_id", Number, nullable=False),
        sa.Column("posted_at", Number, nullable=False),
        sa.Column("kind", Number, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("lang", sa.Text(), nullable=True),
        sa.Column("ref_post_id", Number, nullable=True),
        sa.Column("ref_author_id", Number, nullable=True),
        sa.Column("edited_at", Number, nullable=True),
        sa.Column("withheld_in", sa.Text(), nullable=True),
        sa.Column("collected_at", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_post_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "post_id", name="pk_post"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index("ix_post_series", ["account_id", "posted_at", "kind"], unique=False)

    op.create_table(
        "profile",
        sa.Column("account_id", Number, autoincrement=False, nullable=False),
        sa.Column("taken_at", Number, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("followers", Number, nullable=True),
        sa.Column("following", Number, nullable=True),
        sa.Column("posts", Number, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_profile_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "taken_at", name="pk_profile"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "visit",
        sa.Column("id", Number, nullable=False),
        sa.Column("account_id", Number, nullable=False),
        sa.Column("started_at", Number, nullable=False),
        sa.Column("ended_at", Number, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("pages", Number, nullable=False),
        sa.Column("posts_new", Number, nullable=False),
        sa.Column("requests", Number, nullable=False),
        sa.Column("posts_read", Number, nullable=False),
        sa.Column("users_read", Number, nullable=False),
        sa.Column("cost", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_visit_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index("ix_visit_account_id_started_at", ["account_id", "started_at"], unique=False)

    op.create_table(
        "week_count",
        sa.Column("account_id", Number, autoincrement=False, nullable=False),
        sa.Column("week", Number, autoincrement=False, nullable=False),
        sa.Column("kind", Number, autoincrement=False, nullable=False),
        sa.Column("posts", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_week_count_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "week", "kind", name="pk_week_count"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "answer",
        sa.Column("id", Number, nullable=False),
        sa.Column("visit_id", Number, nullable=True),
        sa.Column("asked_at", Number, nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="fk_answer_visit_id_visit", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index("ix_answer_visit_id", ["visit_id"], unique=False)

    op.create_table(
        "set_aside",
        sa.Column("id", Number, nullable=False),
        sa.Column("visit_id", Number, nullable=False),
        sa.Column("post_id", Number, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="fk_set_aside_visit_id_visit", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_set_aside"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("set_aside", schema=None) as batch_op:
        batch_op.create_index("ix_set_aside_visit_id", ["visit_id"], unique=False)
