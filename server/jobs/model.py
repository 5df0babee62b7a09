"""The values that describe jobs: what all kinds have in common, and what split jobs ask for and make."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from server.jobs.speech_model import SpeechRequest, StoredTranscript
from server.jobs.states import State
from zerokerf.encoding import Encoding

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class SplitRequest:
    """What a client asked for, already validated. Exactly one source and one mode are set.

    Modes: `segment_ns`, `max_file_size`, `parts`, `timestamps_ns`, `by_chapters`, `cue_sheet` and
    `min_silence_ns`.
    """

    source_url: str | None = None
    upload_id: str | None = None
    segment_ns: int | None = None
    max_file_size: int | None = None
    #: One of mp3, wav, flac, ogg, aac, opus, m4a; None keeps the source's format.
    output_format: str | None = None
    webhook_url: str | None = None
    metadata: dict[str, Scalar] | None = None
    parts: int | None = None
    timestamps_ns: tuple[int, ...] | None = None
    by_chapters: bool = False
    cue_sheet: str | None = None
    min_silence_ns: int | None = None
    #: Limits of the mode by silence.
    min_segment_ns: int = 0
    max_segment_ns: int | None = None
    #: For every mode but that by size.
    snap_window_ns: int | None = None
    overlap_ns: int = 0
    min_tail_ns: int = 0
    encoding: Encoding = field(default_factory=Encoding)
    #: copy or none.
    tag_policy: str = "copy"
    title_template: str | None = None
    #: edges or full.
    verification: str = "edges"
    #: Whether a damaged source fails the job.
    is_strict: bool = False
    #: None where nothing is transcribed.
    transcribe: SpeechRequest | None = None
    #: Whether other jobs come first.
    is_bulk: bool = False


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What the recording turned out to be; fields fill in as they become known."""

    file_name: str
    size_bytes: int | None = None
    sha256: str | None = None
    #: mp3, wav, flac, ogg, aac, opus or m4a.
    format: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    sample_count: int | None = None


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """One segment in the store. Samples are on the source's time line.

    The ranges of a job's segments follow each other; a file begins `overlap_samples` before its range.
    `manifest_entry` is what the job's manifest says of it, as JSON.
    """

    index: int
    first_sample: int
    sample_count: int
    size_bytes: int
    sha256: str
    excess_samples: int = 0
    reason: str = ""
    title: str | None = None
    shifted_samples: int = 0
    overlap_samples: int = 0
    manifest_entry: dict[str, Any] | None = None
    #: What is said in it, in every format.
    transcripts: tuple[StoredTranscript, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """One segment as it would be cut, with the size that is expected where anything is known of it."""

    index: int
    first_sample: int
    sample_count: int
    reason: str
    title: str | None = None
    shifted_samples: int = 0
    overlap_samples: int = 0
    expected_bytes: int | None = None
    is_size_exact: bool = False


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Where a job would cut, and how."""

    source: SourceFacts
    output_format: str
    copies_frames: bool
    segments: tuple[PlannedSegment, ...]
    notes: tuple[str, ...] = ()


class Phase(StrEnum):
    """In the order in which they come."""

    FETCHING = "fetching"
    DECODING = "decoding"
    CUTTING = "cutting"
    TRANSCRIBING = "transcribing"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Progress:
    """Measured work. Merging keeps the larger of two numbers, so that none ever goes down.

    A job that cuts and transcribes counts each side as if it did nothing else; its percent is their mean.
    """

    percent: int = 0
    phase: Phase | None = None
    bytes_fetched: int = 0
    bytes_total: int = 0
    samples_done: int = 0
    samples_total: int = 0
    sample_rate: int = 0
    segments_done: int = 0
    segments_total: int = 0
    cut_percent: int = 0
    heard_percent: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job ended badly: a stable reason, a sentence, and its variables."""

    reason: str
    sentence: str
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which a job was accepted: who submitted it, and what that caller's plan promised then."""

    #: None for jobs that no key submitted.
    api_key_id: str | None = None
    #: Whether it is a trial that counts for nothing.
    is_test: bool = False
    #: How long its files are kept after its end; None for ever.
    retention_hours: int | None = None
    max_source_bytes: int | None = None
    #: Webhooks tell the progress of jobs with larger sources.
    progress_told_above_bytes: int = 500 * 10**6


#: No promises: of jobs that nobody in particular submitted.
NO_TERMS = Terms()

Request = TypeVar("Request")


@dataclass(frozen=True, slots=True)
class Job(Generic[Request]):
    """One job of any kind. `public_id` is what its owner calls it, where that is not its id."""

    id: str
    account_id: str
    state: State
    request: Request
    progress: Progress
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    source: SourceFacts | None = None
    #: The format of the segments, once known.
    output_format: str | None = None
    failure: Failure | None = None
    notes: tuple[str, ...] = ()
    #: What its manifest says of source and segments in common, as JSON.
    manifest_head: dict[str, Any] | None = None
    #: What came out of it, as JSON; what is in it is the kind's own.
    outcome: dict[str, Any] | None = None
    last_sequence: int = 0
    public_id: str | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    terms: Terms = NO_TERMS
    #: Since when it may begin; None while it waits for other jobs of its account.
    admitted_at: datetime | None = None
    #: What it keeps in the store, since its end.
    stored_bytes: int | None = None
    #: When its files go, and when they went.
    files_expire_at: datetime | None = None
    files_removed_at: datetime | None = None


#: For annotations; values are made by `Job(…)`, as calling this would write to a frozen one.
SplitJob = Job[SplitRequest]


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One change of a job. Sequence numbers of a job start at 1 and have no gaps."""

    job_id: str
    sequence: int
    time: datetime
    state: State
    progress: Progress
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Jobs newest first. `next_token` is empty on the last page; `total` counts over all pages."""

    jobs: tuple[SplitJob, ...]
    next_token: str
    total: int
