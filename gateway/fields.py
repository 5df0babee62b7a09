"""One table from the fields of the protos to the names that REST clients know."""

from collections.abc import Mapping

#: Longest path first decides, so a violation inside a listed field lands on that field.
JSON_NAMES: Mapping[str, str] = {
    "source": "sourceUrl",
    "source.url": "sourceUrl",
    "source.upload_id": "sourceUpload",
    "mode": "splitMode",
    "mode.duration": "segmentDuration",
    "mode.duration.segment_duration": "segmentDuration",
    "mode.file_size": "maxFileSize",
    "mode.file_size.max_file_size": "maxFileSize",
    "mode.parts": "parts",
    "mode.parts.count": "parts",
    "mode.timestamps": "timestamps",
    "mode.timestamps.positions": "timestamps",
    "mode.cue": "cueSheet",
    "mode.cue.sheet": "cueSheet",
    "mode.silence": "minSilence",
    "mode.silence.min_silence": "minSilence",
    "mode.silence.min_segment": "minSegment",
    "mode.silence.max_segment": "maxSegment",
    # What is wrong with options as a whole is the mode that they were given with.
    "options": "splitMode",
    "options.snap_to_silence": "snapToSilence",
    "options.overlap": "overlap",
    "options.min_tail": "minTail",
    "output_format": "outputFormat",
    "encoding": "encoding",
    "encoding.bit_rate": "encoding.bitRate",
    "encoding.quality": "encoding.quality",
    "encoding.sample_rate": "encoding.sampleRate",
    "encoding.channels": "encoding.channels",
    "encoding.bit_depth": "encoding.bitDepth",
    "tags": "tags",
    "tags.title": "tags.title",
    "verification": "verification",
    "strict": "strict",
    "transcribe": "transcribe",
    "webhook_url": "webhookUrl",
    "priority": "priority",
    "metadata": "metadata",
    "request_id": "Idempotency-Key",
    "file_name": "fileName",
    "content_type": "contentType",
    "size": "size",
    "id": "jobId",
    "page_size": "limit",
    "page_token": "pageToken",
    "skip": "page",
    "states": "status",
    "after_sequence": "Last-Event-ID",
    "name": "name",
    "scopes": "scopes",
    "expire_time": "expiresAt",
    "never_expires": "expiresAt",
    "test": "environment",
    "period": "period",
    "format": "format",
    "confirmation": "confirmation",
    "job_id": "jobId",
    "url": "url",
    "end_previous_now": "endPreviousNow",
}


#: What is below is named as in the API that it comes from, which spells its fields like the protos.
_AS_IN_PROTOS = "transcribe."


def json_name(path: str) -> str:
    """A path the table does not know keeps its first part, in the spelling of JSON."""
    if path.startswith(_AS_IN_PROTOS):
        return path
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        if name := JSON_NAMES.get(".".join(parts[:length])):
            return name
    first, *rest = parts[0].split("_")
    return first + "".join(word.capitalize() for word in rest)
