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
    "output_format": "outputFormat",
    "webhook_url": "webhookUrl",
    "metadata": "metadata",
    "request_id": "Idempotency-Key",
    "file_name": "fileName",
    "content_type": "contentType",
    "size": "size",
    "id": "jobId",
    "page_size": "limit",
    "page_token": "page",
    "skip": "page",
    "states": "status",
    "after_sequence": "Last-Event-ID",
}


def json_name(path: str) -> str:
    """A path the table does not know keeps its first part, in the spelling of JSON."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        if name := JSON_NAMES.get(".".join(parts[:length])):
            return name
    first, *rest = parts[0].split("_")
    return first + "".join(word.capitalize() for word in rest)
