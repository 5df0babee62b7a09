"""What is wrong with a request, or with what it asks for."""

from zerokerf.error_base import InvalidParams, Kind, ZerokerfError


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


class InternalError(ZerokerfError):
    def __init__(self) -> None:
        super().__init__("Something went wrong on our side. The failure has been logged.")
