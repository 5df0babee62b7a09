"""Every table of the service. A change here needs a migration."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from server.database.schema import UtcTime, json_column, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False, server_default=""),
    # Of its plan; the default plan where unset.
    Column("plan", String(64)),
    # Secrets that sign webhooks are needed as they are, so no hash would do.
    Column("webhook_secret", Text),
    Column("webhook_secret_previous", Text),
    # How long the previous secret is valid still.
    Column("webhook_secret_previous_until", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    # Its owner deleted it: nothing it does is possible any more, its data goes at `purge_at`.
    Column("closed_at", UtcTime),
    Column("purge_at", UtcTime),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False, server_default=""),
    # First and last characters of the secret.
    Column("preview", String(64), nullable=False, server_default=""),
    # Null is every scope.
    json_column("scopes"),
    # Whether what it does is a trial that is not counted.
    Column("is_test", Boolean, nullable=False, server_default=false()),
    Column("request_key", String(64)),
    Column("fingerprint", String(64)),
    Column("use_count", BigInteger, nullable=False, server_default="0"),
    Column("last_used_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime),
    Column("rotated_at", UtcTime),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    Index("uq_api_keys_account_id_request_key", "account_id", "request_key", unique=True),
)

# How many requests a key has made in its current window.
rate_limits = Table(
    "rate_limits",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

_LISTED = text("deleted_at IS NULL")
_ADMITTED = text("deleted_at IS NULL AND state IN ('queued', 'processing') AND admitted_at IS NOT NULL")
_WAITING = text("deleted_at IS NULL AND state = 'queued' AND admitted_at IS NULL")
_DUE = text("clean_up_due")
_KEPT = text("files_expire_at IS NOT NULL AND files_removed_at IS NULL")

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False, server_default="split"),
    Column("account_id", String(64), nullable=False),
    # By which its owner calls it, where that is not its id.
    Column("public_id", String(128)),
    Column("request_key", String(64)),
    Column("fingerprint", String(64)),
    Column("state", String(16), nullable=False),
    json_column("request", nullable=False),
    # What transcribes it, for a list to filter and sort by.
    Column("model_code", String(128)),
    json_column("progress", nullable=False),
    json_column("source"),
    Column("output_format", String(16)),
    json_column("outcome"),
    json_column("failure"),
    json_column("notes", nullable=False),
    json_column("manifest_head"),
    Column("last_sequence", BigInteger, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("updated_at", UtcTime),
    Column("deleted_at", UtcTime),
    # Whether stored objects are to be removed: the job failed, was cancelled or deleted.
    Column("clean_up_due", Boolean, nullable=False),
    # Whether others come first.
    Column("is_bulk", Boolean, nullable=False, server_default=false()),
    # Who submitted it, and what that caller's plan promised then.
    json_column("terms"),
    # Since when the engine may have it; until then it waits for its account's other jobs.
    Column("admitted_at", UtcTime),
    # What it keeps in the store.
    Column("stored_bytes", BigInteger),
    Column("files_expire_at", UtcTime),
    Column("files_removed_at", UtcTime),
    UniqueConstraint("account_id", "request_key", name="uq_split_jobs_account_id_request_key"),
    Index(
        "ix_jobs_listed",
        "account_id",
        "created_at",
        "id",
        postgresql_where=_LISTED,
        sqlite_where=_LISTED,
    ),
    Index("ix_jobs_admitted", "created_at", "id", postgresql_where=_ADMITTED, sqlite_where=_ADMITTED),
    Index("ix_jobs_running", "account_id", postgresql_where=_ADMITTED, sqlite_where=_ADMITTED),
    Index(
        "ix_jobs_waiting",
        "account_id",
        "is_bulk",
        "created_at",
        "id",
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    ),
    Index("ix_jobs_kept", "files_expire_at", "id", postgresql_where=_KEPT, sqlite_where=_KEPT),
    Index("ix_jobs_due", "created_at", "id", postgresql_where=_DUE, sqlite_where=_DUE),
    Index("uq_jobs_account_id_public_id", "account_id", "public_id", unique=True),
    Index("ix_jobs_ordered", "account_id", "kind", "created_at", "id"),
)

split_segments = Table(
    "split_segments",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("first_sample", BigInteger, nullable=False),
    Column("sample_count", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("excess_samples", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("title", Text),
    Column("shifted_samples", BigInteger, nullable=False),
    Column("overlap_samples", BigInteger, nullable=False),
    json_column("manifest_entry"),
    # The files that say what is said in it.
    json_column("transcripts"),
)

batch_chunks = Table(
    "batch_chunks",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", Integer, primary_key=True, autoincrement=False),
    Column("index", Integer, primary_key=True, autoincrement=False),
    # Of the recording at the recognizer's rate.
    Column("first_sample", BigInteger, nullable=False),
    Column("sample_count", BigInteger, nullable=False),
    # Pairs of samples: what there is to recognize.
    json_column("windows", nullable=False),
    # What was recognized; null until then.
    json_column("heard"),
)

job_events = Table(
    "job_events",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("time", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),
    json_column("progress", nullable=False),
    json_column("failure"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("request_key", String(64)),
    Column("fingerprint", String(64), nullable=False),
    # What the client said of its file: file_name, content_type, size.
    json_column("declared", nullable=False),
    Column("committed_size", BigInteger, nullable=False),
    # Every part that is begun takes the next number, so that no two writers meet at one key.
    Column("last_part", BigInteger, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("account_id", "request_key"),
)

upload_parts = Table(
    "upload_parts",
    metadata,
    Column("upload_id", ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("first_byte", BigInteger, primary_key=True, autoincrement=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
)

# What a job counts for, written with its end and kept when the job is gone.
usage_records = Table(
    "usage_records",
    metadata,
    Column("job_id", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    # completed, failed or cancelled.
    Column("state", String(16), nullable=False),
    # Length of the recording; 0 unless it is completed.
    Column("audio_ms", BigInteger, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Index("ix_usage_records_account_id_ended_at", "account_id", "ended_at"),
)

_PENDING = text("state = 'pending'")

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    # Of what is told; null where it is not of a job.
    Column("job_id", String(64)),
    Column("url", Text, nullable=False),
    # Of the URL, for an index.
    Column("url_hash", String(64), nullable=False),
    Column("event", String(64), nullable=False),
    # What is told besides what the records say: the percent of job.progress, for one.
    json_column("detail", nullable=False),
    # The bytes that are sent, the same at each attempt; made at the first.
    Column("body", Text),
    # pending, delivered, failed (after its last attempt), stopped or dropped.
    Column("state", String(16), nullable=False),
    # Each attempt: time, status, error, answer, took_ms.
    json_column("attempts", nullable=False),
    # How many attempts its present round has made; a delivery that is made anew by hand begins another.
    Column("round_attempts", Integer, nullable=False, server_default="0"),
    Column("rounds", Integer, nullable=False, server_default="1"),
    Column("next_attempt_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Index("ix_webhook_deliveries_listed", "account_id", "created_at", "id"),
    Index("ix_webhook_deliveries_job_id", "job_id"),
    Index(
        "ix_webhook_deliveries_pending",
        "created_at",
        "id",
        postgresql_where=_PENDING,
        sqlite_where=_PENDING,
    ),
)

# Where an account's webhooks go: how it went lately, and whether it is still tried.
webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("url_hash", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    # Events in a row whose every attempt failed.
    Column("failed_in_a_row", Integer, nullable=False),
    Column("disabled_at", UtcTime),
)

account_exports = Table(
    "account_exports",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False, index=True),
    Column("request_key", String(64)),
    Column("fingerprint", String(64), nullable=False),
    # json or csv.
    Column("format", String(16), nullable=False),
    Column("webhook_url", Text),
    # processing, completed or failed.
    Column("state", String(16), nullable=False),
    Column("size_bytes", BigInteger),
    Column("created_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("expires_at", UtcTime),
    UniqueConstraint("account_id", "request_key"),
)
