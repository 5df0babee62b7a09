"""The examples of the API's documentation."""

from typing import Any

Example = dict[str, Any]  # Any: JSON of every shape

_BASE: Example = {"splitMode": "duration", "segmentDuration": 600}
_CREATED: Example = {"createdAt": "2026-03-29T10:00:00Z"}
_METADATA: Example = {"metadata": {"episodeId": "42"}}

REQUEST: Example = {
    "sourceUrl": "https://media.example.com/podcast-episode-42.mp3",
    **_BASE,
    "outputFormat": "mp3",
    **_METADATA,
}
REQUEST_BY_SIZE: Example = {
    "sourceUrl": "https://media.example.com/podcast-episode-42.mp3",
    "splitMode": "fileSize",
    "maxFileSize": 26_214_400,
}
REQUEST_OF_UPLOAD: Example = {"sourceUpload": "upl_abc123", **_BASE}

_TALK: Example = {"sourceUrl": "https://media.example.com/talk.m4a"}
#: One for each mode of the extensions, by name.
REQUESTS_OF_EXTENSIONS: dict[str, Example] = {
    "parts": {**_TALK, "splitMode": "parts", "parts": 12, "snapToSilence": 5, "overlap": 0.5},
    "timestamps": {**_TALK, "splitMode": "timestamps", "timestamps": [62, 330.25], "minTail": 10},
    "chapters": {**_TALK, "splitMode": "chapters"},
    "cue": {
        **_TALK,
        "splitMode": "cue",
        "cueSheet": 'FILE "talk.wav" WAVE\n  TRACK 01 AUDIO\n    TITLE "Welcome"\n    INDEX 01 00:00:00\n',
    },
    "silence": {**_TALK, "splitMode": "silence", "minSilence": 0.5, "minSegment": 60, "maxSegment": 600},
}

REQUEST_OF_ENCODING: Example = {
    **_TALK,
    **_BASE,
    "outputFormat": "mp3",
    "encoding": {"bitRate": 64_000, "sampleRate": 22_050, "channels": 1},
    "tags": {"title": "{title} {n:02}"},
    "verification": "full",
    "strict": True,
}
REQUEST_OF_TRANSCRIPTS: Example = {
    **_TALK,
    "splitMode": "silence",
    "minSilence": 0.5,
    "maxSegment": 600,
    "transcribe": {
        "transcription_config": {"language": "en"},
        "output_config": {"srt_overrides": {"max_lines": 1}},
    },
}
PLAN_REQUEST: Example = {name: value for name, value in REQUEST.items() if name != "metadata"}

QUEUED: Example = {
    "id": "job_abc123",
    "status": "queued",
    **_BASE,
    "outputFormat": "mp3",
    **_METADATA,
    **_CREATED,
}
PROCESSING: Example = {"id": "job_abc123", "status": "processing", "progress": 65, **_BASE, **_CREATED}
FAILED: Example = {
    "id": "job_abc123",
    "status": "failed",
    **_BASE,
    "error": {"code": "CORRUPT_FILE", "message": "The source could not be decoded: it ends in a header."},
    **_CREATED,
}
CANCELLED: Example = {
    "id": "job_abc123",
    "status": "failed",
    **_BASE,
    "error": {"code": "JOB_CANCELLED", "message": "The job was cancelled on request."},
    **_CREATED,
}
COMPLETED: Example = {
    "id": "job_abc123",
    "status": "completed",
    **_BASE,
    "outputFormat": "mp3",
    "sourceFileName": "podcast-episode-42.mp3",
    "sourceDuration": 783.5,
    "sourceSize": 12_536_000,
    "segments": [
        {
            "index": index,
            "downloadUrl": f"https://files.example.com/files/t/a/j/job_abc123/out/abc123-{index}.mp3?e=1774864800&s=…",
            "duration": duration,
            "size": size,
            "expiresAt": "2026-03-30T10:02:00Z",
        }
        for index, duration, size in ((0, 600, 9_600_417), (1, 183.5, 2_936_416))
    ],
    **_METADATA,
    **_CREATED,
    "completedAt": "2026-03-29T10:01:23Z",
}
COMPLETED_BY_CHAPTERS: Example = {
    **COMPLETED,
    "splitMode": "chapters",
    "overlap": 0.5,
    "segments": [
        {**COMPLETED["segments"][0], "reason": "chapter", "title": "Welcome"},
        {**COMPLETED["segments"][1], "reason": "end", "title": "Questions", "overlap": 0.5},
    ],
}
del COMPLETED_BY_CHAPTERS["segmentDuration"]


def _transcripts(name: str) -> list[Example]:
    return [
        {
            "format": kind,
            "downloadUrl": f"https://files.example.com/files/t/a/j/job_abc123/out/{name}.{kind}?e=1774864800&s=…",
            "size": size,
            "expiresAt": "2026-03-30T10:02:00Z",
        }
        for kind, size in (("json", 41_022), ("txt", 1_310), ("srt", 2_104), ("vtt", 2_077))
    ]


COMPLETED_WITH_TRANSCRIPTS: Example = {
    **COMPLETED,
    "transcribe": {
        "model_code": "slng/speechmatics/batch:15.0.0",
        "transcription_config": {"language": "en", "operating_point": "standard", "diarization": "none"},
    },
    "segments": [
        {**segment, "transcripts": _transcripts(f"abc123-{segment['index']}")}
        for segment in COMPLETED["segments"]
    ],
    "transcripts": _transcripts("abc123"),
}

PLAN: Example = {
    "outputFormat": "mp3",
    "copiesFrames": True,
    "sourceFileName": "podcast-episode-42.mp3",
    "sourceDuration": 783.5,
    "sourceSize": 12_536_000,
    "sourceFormat": "mp3",
    "sampleRate": 44_100,
    "channels": 2,
    "sampleCount": 34_552_350,
    "segments": [
        {
            "index": index,
            "start": start,
            "duration": duration,
            "firstSample": start * 44_100,
            "sampleCount": int(duration * 44_100),
            "reason": reason,
            "shiftedSamples": 0,
            "overlap": 0,
            "expectedSize": size,
            "sizeIsExact": True,
        }
        for index, start, duration, reason, size in (
            (0, 0, 600, "duration", 9_600_417),
            (1, 600, 183.5, "end", 2_936_416),
        )
    ],
    "notes": [],
}
MANIFEST: Example = {
    "version": 1,
    "source": {
        "fileName": "podcast-episode-42.mp3",
        "sizeBytes": 12_536_000,
        "sha256": "9f2c…",
        "format": "mp3",
        "codec": "mp3",
        "sampleRate": 44_100,
        "channels": 2,
        "sampleCount": 34_552_350,
        "integrity": {"foundSamples": 34_552_350, "expectedSamples": 34_552_350, "isTruncated": False},
    },
    "options": {"mode": "duration", "segmentDuration": "600s"},
    "output": {"format": "mp3", "sampleRate": 44_100, "channels": 2, "method": "copy"},
    "segments": [
        {
            "index": 0,
            "fileName": "abc123-0.mp3",
            "firstSample": 0,
            "sampleCount": 26_460_000,
            "sizeBytes": 9_600_417,
            "sha256": "41d8…",
            "reason": "duration",
            "outputSamples": 26_460_000,
            "proof": {"level": "edges", "likeness": "samples"},
        }
    ],
    "notes": [],
}

PAGE: Example = {
    "data": [
        {
            "id": "job_abc123",
            "status": "completed",
            **_BASE,
            **_CREATED,
            "completedAt": "2026-03-29T10:01:23Z",
        }
    ],
    "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
}
EVENTS = (
    "retry: 2000\n\n"
    "id: 2\nevent: job.progress\n"
    'data: {"jobId":"job_abc123","status":"processing","progress":65,"timestamp":"2026-03-29T10:00:41Z",'
    '"phase":"cutting","segmentsDone":1,"segmentsTotal":2}\n\n'
    "id: 3\nevent: job.completed\n"
    'data: {"jobId":"job_abc123","status":"completed","progress":100,"timestamp":"2026-03-29T10:01:23Z"}\n\n'
)
UPLOAD_REQUEST: Example = {"fileName": "meeting.wav", "contentType": "audio/wav", "size": 89_964_044}
UPLOAD: Example = {
    "id": "upl_abc123",
    "url": "https://files.example.com/files/t/a/u/upl_abc123/data.bin?e=1774782000&s=…",
    "method": "PUT",
    "headers": {"Content-Type": "audio/wav"},
    "expiresAt": "2026-03-29T11:00:00Z",
}
READY: Example = {
    "status": "ready",
    "checks": {"server": "serving", "database": "serving", "engine": "serving", "storage": "serving"},
}
NOT_READY: Example = {
    "status": "not ready",
    "checks": {"server": "serving", "database": "serving", "engine": "not_serving", "storage": "serving"},
}
