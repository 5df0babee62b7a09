"""The manifest of a completed job, put together from what its steps recorded."""

import json
from collections.abc import Sequence
from typing import Any

from server.jobs.model import SplitJob, StoredSegment
from server.jobs.records.segments import transcripts_of
from server.jobs.speech_model import StoredTranscript


def manifest_json(job: SplitJob, segments: Sequence[StoredSegment]) -> str:
    """The same job always has the same text."""
    document = {
        "version": 1,
        **(job.manifest_head or {}),
        "segments": [
            {**(segment.manifest_entry or {}), **_told(segment.transcripts)} for segment in segments
        ],
        "notes": list(job.notes),
        **_told(transcripts_of((job.outcome or {}).get("transcripts"))),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _told(transcripts: Sequence[StoredTranscript]) -> dict[str, Any]:
    """Nothing where nothing was transcribed."""
    files = [
        {
            "format": each.format,
            "fileName": each.file_name,
            "sizeBytes": each.size_bytes,
            "sha256": each.sha256,
        }
        for each in transcripts
    ]
    return {"transcripts": files} if files else {}
