"""The values that describe a transcription job: what was asked, where it stands, how it is listed."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.jobs.model import Job
from server.jobs.speech_model import SpeechRequest


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What a client asked for, already validated. Exactly one source is set; mappings hold JSON values."""

    source_url: str | None = None
    upload_id: str | None = None
    #: Of an upload that came with the request, which each repeat makes anew.
    upload_sha256: str | None = None
    #: As the client named it, or the documented default.
    model_code: str = ""
    #: With every default filled in.
    transcription_config: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] | None = None
    tracking: dict[str, Any] | None = None
    output_config: dict[str, Any] | None = None
    webhook_url: str | None = None
    #: Whether other jobs come first.
    is_bulk: bool = False

    @property
    def speech(self) -> SpeechRequest:
        return SpeechRequest(self.model_code, self.transcription_config, self.output_config, self.tracking)


#: For annotations; values are made by `Job(…)`.
BatchJob = Job[BatchRequest]


class BatchState(StrEnum):
    """Where a transcription job stands, as its clients see it."""

    QUEUED = "QUEUED"
    IN_PROGRESS = "IN_PROGRESS"
    DECODING = "DECODING"
    POST_PROCESSING = "POST_PROCESSING"
    DONE = "DONE"
    FAILED = "FAILED"
    DELETED = "DELETED"


class SortBy(StrEnum):
    CREATED_AT = "created_at"
    STATE = "state"
    MODEL_CODE = "model_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchQuery:
    """Which jobs to list. Without states, all of them. Both times are exclusive."""

    page: int = 1
    page_size: int = 20
    states: frozenset[BatchState] = frozenset()
    model_code: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    sort_by: SortBy = SortBy.CREATED_AT
    is_ascending: bool = False


@dataclass(frozen=True, slots=True)
class BatchPage:
    """`total` counts over all pages."""

    jobs: tuple[BatchJob, ...]
    total: int
