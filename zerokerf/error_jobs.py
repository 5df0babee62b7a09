"""Why a job fails."""

from zerokerf.error_base import Kind, ZerokerfError


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
        self.why = why


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
