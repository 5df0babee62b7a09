"""The rule that a completed job's segments are its source, whole and once."""

from collections.abc import Sequence

from server.jobs.model import StoredSegment
from zerokerf.errors import SegmentsDoNotAddUp


def check_whole(segments: Sequence[StoredSegment], sample_count: int | None) -> None:
    """Raises SegmentsDoNotAddUp unless the segments, in order, cover every sample exactly once."""
    position = 0
    for index, segment in enumerate(segments):
        if segment.index != index or segment.first_sample != position or segment.sample_count <= 0:
            raise SegmentsDoNotAddUp(len(segments), position, sample_count)
        position += segment.sample_count
    if not segments or position != sample_count:
        raise SegmentsDoNotAddUp(len(segments), position, sample_count)
