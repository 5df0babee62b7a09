"""Keys with names and scopes, plans, usage, webhooks, exports, and an end to what is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_JSON = sa.JSON(none_as_null=True)
_ADMITTED = sa.text("deleted_at IS NULL AND state IN ('queued', 'processing') AND admitted_at IS NOT NULL")
_PARTIAL = {
    "admitted": (["created_at", "id"], _ADMITTED),
    "running": (["account_id"], _ADMITTED),
    "waiting": (
        ["account_id", "is_bulk", "created_at", "id"],
        sa.text("deleted_at IS NULL AND state = 'queued' AND admitted_at IS NULL"),
    ),
    "kept": (
        ["files_expire_at", "id"],
        sa.text("files_expire_at IS NOT NULL AND files_removed_at IS NULL"),
    ),
}


def upgrade() -> None:
    _extend_accounts()
    _extend_jobs()
    _make_usage()
    _make_webhooks()
    _make_exports()


def _extend_accounts() -> None:
    op.add_column("accounts", sa.Column("name", sa.String(200), nullable=False, server_default=""))
    op.add_column("accounts", sa.Column("plan", sa.String(64)))
    op.add_column("accounts", sa.Column("webhook_secret", sa.Text()))
    op.add_column("accounts", sa.Column("webhook_secret_previous", sa.Text()))
    op.add_column("accounts", sa.Column("webhook_secret_previous_until", _TIME))
    op.add_column("accounts", sa.Column("closed_at", _TIME))
    op.add_column("accounts", sa.Column("purge_at", _TIME))
    op.add_column("api_keys", sa.Column("name", sa.String(200), nullable=False, server_default=""))
    op.add_column("api_keys", sa.Column("preview", sa.String(64), nullable=False, server_default=""))
    op.add_column("api_keys", sa.Column("scopes", _JSON))
    op.add_column("api_keys", sa.Column("is_test", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("api_keys", sa.Column("request_key", sa.String(64)))
    op.add_column("api_keys", sa.Column("fingerprint", sa.String(64)))
    op.add_column("api_keys", sa.Column("use_count", sa.BigInteger(), nullable=False, server_default="0"))
    for name in ("last_used_at", "updated_at", "rotated_at", "expires_at", "revoked_at"):
        op.add_column("api_keys", sa.Column(name, _TIME))
    op.create_index(
        "uq_api_keys_account_id_request_key", "api_keys", ["account_id", "request_key"], unique=True
    )
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate_limits"),
    )


def _extend_jobs() -> None:
    op.drop_index("ix_jobs_active", table_name="jobs")
    op.add_column("jobs", sa.Column("is_bulk", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("jobs", sa.Column("terms", _JSON))
    op.add_column("jobs", sa.Column("admitted_at", _TIME))
    op.add_column("jobs", sa.Column("stored_bytes", sa.BigInteger()))
    op.add_column("jobs", sa.Column("files_expire_at", _TIME))
    op.add_column("jobs", sa.Column("files_removed_at", _TIME))
    op.execute("UPDATE jobs SET admitted_at = created_at")
    for name, (columns, where) in _PARTIAL.items():
        op.create_index(f"ix_jobs_{name}", "jobs", columns, postgresql_where=where, sqlite_where=where)


def _make_usage() -> None:
    op.create_table(
        "usage_records",
        sa.Column("job_id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("audio_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_usage_records"),
    )
    op.create_index("ix_usage_records_account_id_ended_at", "usage_records", ["account_id", "ended_at"])


def _make_webhooks() -> None:
    pending = sa.text("state = 'pending'")
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("job_id", sa.String(64)),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_hash", sa.String(64), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("detail", _JSON, nullable=False),
        sa.Column("body", sa.Text()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", _JSON, nullable=False),
        sa.Column("round_attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("rounds", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("next_attempt_at", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    op.create_index("ix_webhook_deliveries_listed", "webhook_deliveries", ["account_id", "created_at", "id"])
    op.create_index("ix_webhook_deliveries_job_id", "webhook_deliveries", ["job_id"])
    op.create_index(
        "ix_webhook_deliveries_pending",
        "webhook_deliveries",
        ["created_at", "id"],
        postgresql_where=pending,
        sqlite_where=pending,
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("url_hash", sa.String(64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("failed_in_a_row", sa.Integer(), nullable=False),
        sa.Column("disabled_at", _TIME),
        sa.PrimaryKeyConstraint("account_id", "url_hash", name="pk_webhook_endpoints"),
    )


def _make_exports() -> None:
    op.create_table(
        "account_exports",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("request_key", sa.String(64)),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("webhook_url", sa.Text()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("expires_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_account_exports"),
        sa.UniqueConstraint("account_id", "request_key", name="uq_account_exports_account_id_request_key"),
    )
    op.create_index("ix_account_exports_account_id", "account_exports", ["account_id"])
