"""Jobs as a server would describe them."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from tests.gateway.memory_service import CREATED
from zerokerf.v1.audio_pb2 import AUDIO_FORMAT_MP3
from zerokerf.v1.job_error_pb2 import JobError
from zerokerf.v1.split_pb2 import (
    DurationMode,
    Segment,
    SourceFacts,
    Split,
    SplitEvent,
    SplitMode,
    SplitProgress,
)

RATE = 44100


def at(text: str) -> Timestamp:
    return Timestamp(seconds=int(datetime.fromisoformat(text).astimezone(UTC).timestamp()), nanos=999_999_999)


def split(state: Split.State.ValueType, **fields: Any) -> Split:  # noqa: ANN401 - a message's own fields
    mode = SplitMode(duration=DurationMode(segment_duration=Duration(seconds=600)))
    given: dict[str, Any] = {"id": "job_abc123", "mode": mode, "create_time": CREATED} | fields
    return Split(state=state, **given)


def metadata(**pairs: str | float | bool | None) -> Struct:
    struct = Struct()
    struct.update(pairs)
    return struct


def completed(sample_counts: list[int], sizes: list[int], **fields: Any) -> Split:  # noqa: ANN401 - a message's own fields
    """Segments of these lengths, with the links and times of the documented example."""
    starts = [sum(sample_counts[:index]) for index in range(len(sample_counts))]
    segments = [
        Segment(
            index=index,
            first_sample=start,
            sample_count=count,
            size=size,
            download_url=f"https://cdn.audiospliter.com/segments/abc123-{index}.mp3",
            expire_time=at("2026-03-30T10:00:00Z"),
        )
        for index, (start, count, size) in enumerate(zip(starts, sample_counts, sizes, strict=True))
    ]
    source = SourceFacts(
        file_name="podcast-episode-42.mp3",
        size=22080000,
        sample_count=sum(sample_counts),
        sample_rate=RATE,
        channels=2,
    )
    given: dict[str, Any] = {
        "output_format": AUDIO_FORMAT_MP3,
        "source": source,
        "segments": segments,
        "start_time": CREATED,
        "end_time": at("2026-03-29T10:01:23Z"),
        # What completed jobs must not show:
        "progress": SplitProgress(percent=100),
        "webhook_url": "https://hooks.example.com/as",
        "notes": ["Resampled from 44100 to 48000 Hz"],
    }
    return split(Split.STATE_COMPLETED, **(given | fields))


def failed(state: Split.State.ValueType, reason: str, message: str, **fields: Any) -> Split:  # noqa: ANN401 - a message's own fields
    return split(
        state,
        error=JobError(reason=reason, message=message),
        end_time=at("2026-03-29T10:01:23Z"),
        **fields,
    )


def event(sequence: int, state: Split.State.ValueType, percent: int = 0, **fields: Any) -> SplitEvent:  # noqa: ANN401 - a message's own fields
    return SplitEvent(
        sequence=sequence, state=state, time=CREATED, progress=SplitProgress(percent=percent, **fields)
    )
