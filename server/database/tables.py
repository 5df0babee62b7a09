"""Every table of the service. A change here needs a migration."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """Aware times in UTC on every database, also on one that stores no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  the signature is the base's
        if value is not None and value.tzinfo is None:
            raise ValueError("times of records are aware")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  the signature is the base's
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _json(name: str, *, nullable: bool = True) -> Column[object]:
    # JSON and not JSONB: what a client sent comes back as it was, and "\u0000" is accepted.
    return Column(name, JSON(none_as_null=True), nullable=nullable)


accounts = Table(
    "accounts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created_at", UtcTime, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
)

_LISTED = text("deleted_at IS NULL")
_ACTIVE = text("deleted_at IS NULL AND state IN ('queued', 'processing')")
_DUE = text("clean_up_due")

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
    _json("request", nullable=False),
    # What transcribes it, for a list to filter and sort by.
    Column("model_code", String(128)),
    _json("progress", nullable=False),
    _json("source"),
    Column("output_format", String(16)),
    _json("outcome"),
    _json("failure"),
    _json("notes", nullable=False),
    _json("manifest_head"),
    Column("last_sequence", BigInteger, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("updated_at", UtcTime),
    Column("deleted_at", UtcTime),
    # Whether stored objects are to be removed: the job failed, was cancelled or deleted.
    Column("clean_up_due", Boolean, nullable=False),
    UniqueConstraint("account_id", "request_key", name="uq_split_jobs_account_id_request_key"),
    Index(
        "ix_jobs_listed",
        "account_id",
        "created_at",
        "id",
        postgresql_where=_LISTED,
        sqlite_where=_LISTED,
    ),
    Index("ix_jobs_active", "created_at", "id", postgresql_where=_ACTIVE, sqlite_where=_ACTIVE),
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
    _json("manifest_entry"),
    # The files that say what is said in it.
    _json("transcripts"),
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
    _json("windows", nullable=False),
    # What was recognized; null until then.
    _json("heard"),
)

job_events = Table(
    "job_events",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("time", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),
    _json("progress", nullable=False),
    _json("failure"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("request_key", String(64)),
    Column("fingerprint", String(64), nullable=False),
    # What the client said of its file: file_name, content_type, size.
    _json("declared", nullable=False),
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
