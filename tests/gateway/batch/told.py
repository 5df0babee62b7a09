"""Transcription jobs as the documented API tells of them."""

from typing import Any

CONFIG = {"language": "en", "operating_point": "standard", "diarization": "none"}
DONE: dict[str, Any] = {
    "job_id": "call17",
    "status": "DONE",
    "model_code": "slng/speechmatics/batch:15.0.0",
    "job_config": {"type": "transcription", "transcription_config": CONFIG},
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
    "api_key_id": "key_1",
}
QUEUED: dict[str, Any] = {
    **DONE,
    "status": "QUEUED",
    "input_metadata": {},
    "output_metadata": {},
    "started_at": None,
    "completed_at": None,
    "updated_at": "2026-05-02T08:00:00Z",
}
