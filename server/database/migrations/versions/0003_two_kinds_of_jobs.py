"""Split jobs become jobs, of which there are two kinds."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_JSON = sa.JSON(none_as_null=True)
_PARTIAL = {
    "listed": (["account_id", "created_at", "id"], sa.text("deleted_at IS NULL")),
    "active": (
        ["created_at", "id"],
        sa.text("deleted_at IS NULL AND state IN ('queued', 'processing')"),
    ),
    "due": (["created_at", "id"], sa.text("clean_up_due")),
}


def upgrade() -> None:
    for name in _PARTIAL:
        op.drop_index(f"ix_split_jobs_{name}", table_name="split_jobs")
    op.rename_table("split_jobs", "jobs")
    # Plain additions only: SQLite makes all else by dropping the table, which takes its events along.
    op.add_column("jobs", sa.Column("kind", sa.String(16), nullable=False, server_default="split"))
    op.add_column("jobs", sa.Column("public_id", sa.String(128)))
    op.add_column("jobs", sa.Column("model_code", sa.String(128)))
    op.add_column("jobs", sa.Column("outcome", _JSON))
    op.add_column("jobs", sa.Column("updated_at", _TIME))
    op.execute("UPDATE jobs SET updated_at = coalesce(deleted_at, ended_at, started_at, created_at)")
    op.create_index("uq_jobs_account_id_public_id", "jobs", ["account_id", "public_id"], unique=True)
    for name, (columns, where) in _PARTIAL.items():
        op.create_index(f"ix_jobs_{name}", "jobs", columns, postgresql_where=where, sqlite_where=where)
    op.create_index("ix_jobs_ordered", "jobs", ["account_id", "kind", "created_at", "id"])
    op.create_table(
        "batch_chunks",
        sa.Column("job_id", sa.String(64), nullable=False),
        sa.Column("channel", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_sample", sa.BigInteger(), nullable=False),
        sa.Column("sample_count", sa.BigInteger(), nullable=False),
        sa.Column("windows", _JSON, nullable=False),
        sa.Column("heard", _JSON),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_batch_chunks_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "channel", "index", name="pk_batch_chunks"),
    )
