"""Every error this system reports on purpose: its kind, its stable reason, its sentence and its facts."""

from enum import StrEnum

DOMAIN = "zerokerf"


class Kind(StrEnum):
    """How a caller can react. The names are those of google.rpc.Code."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    DATA_LOSS = "DATA_LOSS"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


#: Kinds that may pass when the same call is made again, unchanged.
TRANSIENT = frozenset({Kind.UNAVAILABLE, Kind.RESOURCE_EXHAUSTED})


class ZerokerfError(Exception):
    """The root. `reason` is stable, for machines; the sentence is for people; `facts` hold its variables."""

    kind: Kind = Kind.INTERNAL
    reason: str = "INTERNAL_ERROR"

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts: dict[str, str] = {name: str(value) for name, value in facts.items()}

    @property
    def is_transient(self) -> bool:
        return self.kind in TRANSIENT


# ---- requests


class InvalidParams(ZerokerfError):
    """One or more fields break a rule. `violations` maps a field's path to a sentence."""

    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_PARAMS"

    def __init__(self, violations: dict[str, str]) -> None:
        first = next(iter(violations.values()), "The request is not valid.")
        super().__init__(first)
        self.violations = violations


class InvalidUrl(InvalidParams):
    reason = "INVALID_URL"


class InvalidFormat(InvalidParams):
    reason = "INVALID_FORMAT"


class SegmentTooShort(InvalidParams):
    reason = "DURATION_TOO_SHORT"


class InvalidTranscriptionConfig(InvalidParams):
    """A member of `transcription_config` is malformed, or asks for what is not available here."""

    reason = "INVALID_TRANSCRIPTION_CONFIG"


class UnsupportedModel(InvalidParams):
    reason = "UNSUPPORTED_MODEL"

    def __init__(self, model_code: str, known: list[str]) -> None:
        super().__init__(
            {"model_code": f"model_code {model_code!r} is not supported. Allowed: {', '.join(sorted(known))}"}
        )


class UnsupportedLanguage(InvalidParams):
    reason = "UNSUPPORTED_LANGUAGE"

    def __init__(self, language: str, model_code: str, languages: list[str]) -> None:
        knows = "knows English only" if languages == ["en"] else f"knows {', '.join(sorted(languages))}"
        cannot = "detect a language" if language == "auto" else f"transcribe {language!r}"
        super().__init__(
            {"transcription_config.language": f"Model {model_code} cannot {cannot}: it {knows}."}
        )


class Unauthenticated(ZerokerfError):
    kind = Kind.UNAUTHENTICATED
    reason = "UNAUTHORIZED"

    def __init__(self) -> None:
        super().__init__(
            "An API key is required: send a valid one as 'x-api-key' or 'authorization: Bearer'."
        )


class JobNotFound(ZerokerfError):
    kind = Kind.NOT_FOUND
    reason = "JOB_NOT_FOUND"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"Job {job_id} not found", jobId=job_id)


class UploadNotFound(ZerokerfError):
    kind = Kind.NOT_FOUND
    reason = "UPLOAD_NOT_FOUND"

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"Upload {upload_id} not found", uploadId=upload_id)


class UploadIncomplete(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "UPLOAD_INCOMPLETE"

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"Upload {upload_id} has not received its bytes yet.", uploadId=upload_id)


class UploadComplete(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "UPLOAD_COMPLETE"

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"Upload {upload_id} is complete; nothing can be added to it.", uploadId=upload_id)


class UploadOffsetMismatch(ZerokerfError):
    """The bytes sent do not continue where the committed ones end; `committedSize` says where that is."""

    kind = Kind.FAILED_PRECONDITION
    reason = "UPLOAD_OFFSET_MISMATCH"

    def __init__(self, upload_id: str, committed_size: int, offset: int) -> None:
        super().__init__(
            f"Upload {upload_id} has {committed_size} bytes committed; writing cannot start at {offset}.",
            uploadId=upload_id,
            committedSize=committed_size,
            offset=offset,
        )


class JobAlreadyProcessing(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "JOB_ALREADY_PROCESSING"

    def __init__(self, job_id: str) -> None:
        super().__init__(
            f"Job {job_id} is being processed and cannot be deleted now; cancel it first.", jobId=job_id
        )


class JobNotDeletable(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "JOB_NOT_DELETABLE"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"Job {job_id} must be done or have failed to be deleted.", jobId=job_id)


class JobNotCancellable(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "JOB_NOT_CANCELLABLE"

    def __init__(self, job_id: str, state: str) -> None:
        super().__init__(f"Job {job_id} is {state} and cannot be cancelled.", jobId=job_id, state=state)


class ManifestNotReady(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "MANIFEST_NOT_READY"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"Job {job_id} has no manifest: only completed jobs have one.", jobId=job_id)


class JobExists(ZerokerfError):
    kind = Kind.ALREADY_EXISTS
    reason = "JOB_EXISTS"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is a job {job_id} already; job ids are not used twice.", jobId=job_id)


class IdempotencyConflict(ZerokerfError):
    kind = Kind.ALREADY_EXISTS
    reason = "IDEMPOTENCY_CONFLICT"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"Request id {request_id!r} was used before with a different request.", requestId=request_id
        )


class Unavailable(ZerokerfError):
    kind = Kind.UNAVAILABLE
    reason = "SERVICE_UNAVAILABLE"

    def __init__(self, what: str = "A part of the service") -> None:
        super().__init__(f"{what} is not available at the moment; try again shortly.")


class InternalError(ZerokerfError):
    def __init__(self) -> None:
        super().__init__("Something went wrong on our side. The failure has been logged.")


# ---- why a job fails


class JobCancelled(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "JOB_CANCELLED"

    def __init__(self) -> None:
        super().__init__("The job was cancelled on request.")


class FileTooLarge(ZerokerfError):
    kind = Kind.OUT_OF_RANGE
    reason = "FILE_TOO_LARGE"

    def __init__(self, limit_bytes: int, size_bytes: int | None = None) -> None:
        what = f"The file is {size_bytes} bytes" if size_bytes is not None else "The file is too large"
        super().__init__(
            f"{what}; at most {limit_bytes} bytes are accepted.",
            limitBytes=limit_bytes,
            **({} if size_bytes is None else {"sizeBytes": size_bytes}),
        )


class DownloadFailed(ZerokerfError):
    """The source could not be fetched, and trying again now would not help."""

    kind = Kind.FAILED_PRECONDITION
    reason = "DOWNLOAD_FAILED"

    def __init__(self, why: str, **facts: object) -> None:
        super().__init__(f"The source could not be downloaded: {why}", **facts)


class UnsupportedFormat(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "UNSUPPORTED_FORMAT"

    def __init__(self, why: str, **facts: object) -> None:
        super().__init__(f"The source is not a supported audio file: {why}", **facts)


class CorruptFile(ZerokerfError):
    kind = Kind.DATA_LOSS
    reason = "CORRUPT_FILE"

    def __init__(self, why: str, **facts: object) -> None:
        super().__init__(f"The source could not be decoded: {why}", **facts)


class SourceTooLong(ZerokerfError):
    kind = Kind.OUT_OF_RANGE
    reason = "SOURCE_TOO_LONG"

    def __init__(self, limit_s: int) -> None:
        super().__init__(
            f"The source lasts longer than the {limit_s} s that are accepted.", limitSeconds=limit_s
        )


class SegmentLongerThanSource(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "DURATION_TOO_LONG"

    def __init__(self, segment_s: str, source_s: str) -> None:
        super().__init__(
            f"The segment duration of {segment_s} s is longer than the source, which lasts {source_s} s.",
            segmentSeconds=segment_s,
            sourceSeconds=source_s,
        )


class SizeLimitTooSmall(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "SIZE_LIMIT_TOO_SMALL"

    def __init__(self, limit_bytes: int, least_bytes: int) -> None:
        super().__init__(
            f"No segment fits into {limit_bytes} bytes; this source and format need at least {least_bytes}.",
            limitBytes=limit_bytes,
            leastBytes=least_bytes,
        )


class TooManySegments(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "TOO_MANY_SEGMENTS"

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(
            f"The request would make {count} segments; at most {limit} are allowed. Ask for longer ones.",
            count=count,
            limit=limit,
        )


class SegmentsTooShort(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "SEGMENTS_TOO_SHORT"

    def __init__(self, length_s: str, least_s: str) -> None:
        super().__init__(
            f"The request would make segments of {length_s} s; none may be shorter than {least_s} s.",
            lengthSeconds=length_s,
            leastSeconds=least_s,
        )


class InvalidTimestamps(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_TIMESTAMPS"

    def __init__(self, why: str, **facts: object) -> None:
        super().__init__(f"The source cannot be cut at these times: {why}", **facts)


class InvalidSilenceLimits(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_SILENCE_LIMITS"

    def __init__(self, min_length_s: str, max_length_s: str) -> None:
        super().__init__(
            f"Segments cannot be at least {min_length_s} s and at most {max_length_s} s long.",
            minLengthSeconds=min_length_s,
            maxLengthSeconds=max_length_s,
        )


class InvalidCueSheet(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_CUE_SHEET"

    def __init__(self, line: int, why: str, **facts: object) -> None:
        super().__init__(f"The cue sheet cannot be used, see line {line}: {why}", line=line, **facts)


class NoChapters(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "NO_CHAPTERS"

    def __init__(self) -> None:
        super().__init__("The source has no chapters to cut at.")


class TooManyChapters(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "TOO_MANY_CHAPTERS"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The source has more than {limit} chapters.", limit=limit)


class VerificationFailed(ZerokerfError):
    """A finished segment is not what the plan says. The job must not complete."""

    kind = Kind.DATA_LOSS
    reason = "VERIFICATION_FAILED"

    def __init__(self, index: int, expected_samples: int, found_samples: int) -> None:
        super().__init__(
            f"Segment {index} decodes to {found_samples} samples where {expected_samples} are planned.",
            index=index,
            expectedSamples=expected_samples,
            foundSamples=found_samples,
        )


class SegmentsDoNotAddUp(ZerokerfError):
    """The stored segments are not the whole source, once. The job must not complete."""

    kind = Kind.DATA_LOSS
    reason = "SEGMENTS_DO_NOT_ADD_UP"

    def __init__(self, count: int, found_samples: int, expected_samples: int | None) -> None:
        super().__init__(
            f"The {count} stored segments hold {found_samples} samples in a row; "
            f"the source has {expected_samples}.",
            count=count,
            foundSamples=found_samples,
            expectedSamples=expected_samples,
        )


class SegmentDiffers(VerificationFailed):
    """A finished segment has the planned length and other samples than the source."""

    def __init__(self, index: int) -> None:
        ZerokerfError.__init__(self, f"Segment {index} does not hold the samples of the source.", index=index)


class SegmentUnproven(VerificationFailed):
    """A finished segment could not be compared with the source. The job must not complete."""

    def __init__(self, index: int) -> None:
        ZerokerfError.__init__(self, f"Segment {index} could not be compared with the source.", index=index)


class SegmentDamaged(VerificationFailed):
    """A finished file is not whole, or its bytes are not those it was finished with."""

    def __init__(self, index: int, why: str) -> None:
        ZerokerfError.__init__(self, f"Segment {index} is damaged: {why}", index=index)


class SegmentOverLimit(VerificationFailed):
    """A finished segment is larger than the limit asked for. The job must not complete."""

    def __init__(self, index: int, size_bytes: int, limit_bytes: int) -> None:
        ZerokerfError.__init__(
            self,
            f"Segment {index} has {size_bytes} bytes where at most {limit_bytes} are allowed.",
            index=index,
            sizeBytes=size_bytes,
            limitBytes=limit_bytes,
        )


class InvalidManifest(ZerokerfError):
    """What is said to be a manifest is none."""

    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_MANIFEST"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"This is not a valid manifest: {where}: {why}.", where=where, why=why)


class JobFailed(ZerokerfError):
    """Processing failed for a reason that is not the source's."""

    reason = "JOB_FAILED"

    def __init__(self) -> None:
        super().__init__("Processing failed for a reason on our side. The failure has been logged.")


# ---- storage


class ObjectNotFound(ZerokerfError):
    kind = Kind.NOT_FOUND
    reason = "OBJECT_NOT_FOUND"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no object {key!r}.", key=key)


class ObjectExists(ZerokerfError):
    kind = Kind.ALREADY_EXISTS
    reason = "OBJECT_EXISTS"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is already an object {key!r}.", key=key)


class ObjectRangeInvalid(ZerokerfError):
    kind = Kind.OUT_OF_RANGE
    reason = "OBJECT_RANGE_INVALID"

    def __init__(self, key: str, offset: int) -> None:
        super().__init__(f"Byte {offset} lies outside of object {key!r}.", key=key, offset=offset)


class ObjectDamaged(ZerokerfError):
    """Bytes got lost or changed on their way into or out of the store; nothing damaged was kept."""

    kind = Kind.DATA_LOSS
    reason = "OBJECT_DAMAGED"

    def __init__(self, key: str) -> None:
        super().__init__(f"The bytes of object {key!r} did not arrive as they were sent.", key=key)


class InvalidObjectKey(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_OBJECT_KEY"

    def __init__(self, key: str) -> None:
        super().__init__(f"{key!r} cannot be the key of an object.", key=key)


class StorageDenied(ZerokerfError):
    """The store refused our own credentials: for the operator to mend, nothing a caller did."""

    reason = "STORAGE_DENIED"

    def __init__(self) -> None:
        super().__init__("The object store refused the service access.")


class StorageFull(ZerokerfError):
    kind = Kind.RESOURCE_EXHAUSTED
    reason = "STORAGE_FULL"

    def __init__(self) -> None:
        super().__init__("The object store has no room left.")


class LinkInvalid(ZerokerfError):
    kind = Kind.PERMISSION_DENIED
    reason = "LINK_INVALID"

    def __init__(self) -> None:
        super().__init__("This link was not made by this service, or it was altered.")


class LinkExpired(ZerokerfError):
    kind = Kind.PERMISSION_DENIED
    reason = "DOWNLOAD_EXPIRED"

    def __init__(self) -> None:
        super().__init__("This link has expired; ask for a new one.")


class UploadLinkExpired(LinkExpired):
    reason = "UPLOAD_LINK_EXPIRED"


# ---- the client's side


class ServiceUnreachable(Unavailable):
    """No answer of the service arrived: it is away, or something on the way to it is."""

    def __init__(self) -> None:
        super().__init__("The service")


class FileChanged(ZerokerfError):
    """A file became shorter while it was being sent. What arrived is not used."""

    kind = Kind.FAILED_PRECONDITION
    reason = "FILE_CHANGED"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} became shorter while it was being uploaded; try again.", name=name)


class LinkRefused(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "LINK_REFUSED"

    def __init__(self, name: str, http_status: int) -> None:
        super().__init__(
            f"The link of {name} was refused with HTTP status {http_status}; links expire, "
            "so get the job again for a fresh one.",
            name=name,
            httpStatus=http_status,
        )


class ChecksumMismatch(ZerokerfError):
    kind = Kind.DATA_LOSS
    reason = "CHECKSUM_MISMATCH"

    def __init__(self, name: str, expected: str, found: str) -> None:
        super().__init__(
            f"{name} arrived damaged: its SHA-256 is {found} instead of {expected}.",
            name=name,
            expected=expected,
            found=found,
        )


class TargetExists(ZerokerfError):
    """A file would have to be replaced that nobody said may be. Nothing was written."""

    kind = Kind.ALREADY_EXISTS
    reason = "TARGET_EXISTS"

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} exists already; choose another folder, or say --force.", path=path)


class TargetIsSource(TargetExists):
    def __init__(self, path: str) -> None:
        ZerokerfError.__init__(self, f"{path} is the recording itself; choose another folder.", path=path)


class TranscriptMissing(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "TRANSCRIPT_MISSING"

    def __init__(self, job_id: str, name: str) -> None:
        super().__init__(
            f"Job {job_id} has no {name} transcript: only jobs that are done have one.",
            jobId=job_id,
            format=name,
        )


# ---- the operator's side


class ConfigError(ZerokerfError):
    """The service cannot start as configured. The sentence says which setting and what to do."""

    kind = Kind.FAILED_PRECONDITION
    reason = "CONFIG_ERROR"


class EngineFailed(ZerokerfError):
    """The embedded engine ended and cannot be brought back. For the operator only: it quotes the engine."""

    reason = "ENGINE_FAILED"

    def __init__(self, last_words: str) -> None:
        super().__init__(f"The workflow engine ended and could not be restarted: {last_words}")
