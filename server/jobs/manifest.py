"""The manifest of a completed job, put together from what its steps recorded."""

import json
from collections.abc import Sequence

from server.jobs.model import SplitJob, StoredSegment


def manifest_json(job: SplitJob, segments: Sequence[StoredSegment]) -> str:
    """The same job always has the same text."""
    document = {
        "version": 1,
        **(job.manifest_head or {}),
        "segments": [segment.manifest_entry for segment in segments],
        "notes": list(job.notes),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
