"""The examples of the transcription API's documentation."""

from typing import Any

Example = dict[str, Any]  # Any: JSON of every shape

_ID = "call17"
_MODEL: Example = {"model_code": "slng/speechmatics/batch:15.0.0"}
_CONFIG: Example = {"language": "en", "operating_point": "standard", "diarization": "none"}
_TRACKING: Example = {"tracking": {"title": "Weekly call", "tags": ["north"]}}
_PRESIGNED = "job0f1e2d3c4b5a69788796a5b4c3d2e1f0"
_KEY = "t/acc_1/u/upl_abc123/data.bin"

REQUEST_OF_URL: Example = {
    "input_url": "https://media.example.org/a/call-17.mp3",
    "transcription_config": {"language": "en"},
    "job_id": _ID,
    "metadata": {"team": "north"},
}
REQUEST_OF_PRESIGN: Example = {
    "mode": "presign",
    "filename": "talk.flac",
    "content_type": "audio/flac",
    "transcription_config": {"language": "en"},
    **_TRACKING,
}
REQUEST_OF_KEY: Example = {
    "s3_key": _KEY,
    "job_id": _PRESIGNED,
    "transcription_config": _CONFIG,
    **_TRACKING,
    "output_config": {"srt_overrides": {"max_line_length": 42, "max_lines": 1}},
}
REQUEST_OF_INLINE: Example = {
    "input_base64": "UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA=",
    "input_filename": "call-17.wav",
    "transcription_config": {},
}
FORM: Example = {
    "file": "(the bytes of call-17.mp3)",
    "transcription_config": '{"language": "en", "additional_vocab": [{"content": "Zerokerf"}]}',
    "job_id": _ID,
    "metadata": '{"team": "north"}',
}

ACCEPTED: Example = {"job_id": _ID, "status": "QUEUED"}
DELETED: Example = {"job_id": _ID, "status": "DELETED"}
PRESIGNED: Example = {
    "job_id": _PRESIGNED,
    "transcription_config": _CONFIG,
    **_TRACKING,
    "input_s3_uri": f"s3://recordings/{_KEY}",
    "output_s3_prefix": "s3://recordings/t/acc_1/j/job_abc123/out/",
    "upload": {
        "url": f"https://files.example.com/files/{_KEY}?e=1774782000&s=…",
        "s3_key": _KEY,
        "s3_uri": f"s3://recordings/{_KEY}",
        "expires_in": 1800,
        "headers": {"Content-Type": "audio/flac"},
    },
}

JOB: Example = {
    "job_id": _ID,
    "status": "DONE",
    **_MODEL,
    "job_config": {"type": "transcription", "transcription_config": _CONFIG, "metadata": {"team": "north"}},
    "input_metadata": {
        "size_bytes": 88211,
        "duration_seconds": 5.51,
        "format": "mp3",
        "mime_type": "audio/mpeg",
        "source": "url",
    },
    "output_metadata": {"word_count": 14, "language": "en"},
    "error_message": None,
    "submitted_at": "2026-05-02T08:00:00Z",
    "started_at": "2026-05-02T08:00:03Z",
    "completed_at": "2026-05-02T08:00:04Z",
    "deleted_at": None,
    "expired_at": None,
    "updated_at": "2026-05-02T08:00:04Z",
    "api_key_id": "key_abc123",
}
FAILED: Example = {
    **JOB,
    "status": "FAILED",
    "output_metadata": {},
    "error_message": {"message": "The source could not be decoded: it ends in a header."},
}
CANCELLED: Example = {**FAILED, "error_message": {"message": "The job was cancelled on request."}}
PAGE: Example = {"items": [JOB], "meta": {"page": 1, "page_size": 20, "total": 1, "pages": 1}}

FILES: Example = {
    "job_id": _ID,
    "inputs": [
        {
            "key": "t/acc_1/j/job_abc123/source.bin",
            "s3_uri": "s3://recordings/t/acc_1/j/job_abc123/source.bin",
            "download_url": "https://files.example.com/files/t/acc_1/j/job_abc123/source.bin?e=1774782000&s=…",
        }
    ],
    "outputs": [
        {
            "format": name,
            "key": f"t/acc_1/j/job_abc123/out/{_ID}.{name}",
            "s3_uri": f"s3://recordings/t/acc_1/j/job_abc123/out/{_ID}.{name}",
            "download_url": "https://files.example.com/files/t/acc_1/j/job_abc123/out/"
            f"{_ID}.{name}?e=1774782000&s=…",
        }
        for name in ("json", "txt", "srt")
    ],
}
MODELS: Example = {
    "items": [{**_MODEL, "model": "tiny.en", "languages": ["en"], "is_default": True}],
}
EVENTS = (
    "retry: 2000\n\n"
    "id: 3\nevent: job.progress\n"
    'data: {"job_id":"call17","status":"DECODING","percent":55,"timestamp":"2026-05-02T08:00:03Z",'
    '"audio_seconds_done":300,"audio_seconds_total":600,"chunks_done":10,"chunks_total":20}\n\n'
    "id: 4\nevent: job.completed\n"
    'data: {"job_id":"call17","status":"DONE","percent":100,"timestamp":"2026-05-02T08:00:04Z"}\n\n'
)
