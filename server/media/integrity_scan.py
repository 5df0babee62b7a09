"""Reads a source from its first frame to its last, to say how whole it is before it is decoded."""

from pathlib import Path

from server.media.copying.adts.frames import FRAME_SAMPLES
from server.media.copying.copier import NotCopyable
from server.media.copying.flac.scan import FoundFrames, FrameScan
from server.media.copying.flac.stream import read_stream_info
from server.media.copying.ogg.scan import index_packets
from server.media.copying.open_copier import open_copier
from server.media.copying.opened import opened
from server.media.copying.tag_edges import audio_range
from server.media.facts import SourceFacts
from server.media.frame_losses import ADTS_FRAMES, MPEG_FRAMES, FrameKind, count_losses
from server.media.integrity import Integrity
from zerokerf.errors import CorruptFile

_OGG_HEADERS = {"vorbis": 3, "opus": 2, "flac": 1}


def read_integrity(path: Path, facts: SourceFacts) -> Integrity:
    """Blocking. Samples are expected only where every decoder should find exactly so many.

    By the format's own index; what that declines is searched for losses at least, if its frames can be told.
    """
    try:
        copier = open_copier(facts.format, path)
    except (NotCopyable, CorruptFile):
        return _of_declined(path, facts)
    found = copier.integrity
    if copier.sample_rate != facts.sample_rate:
        return Integrity(resyncs=found.resyncs, is_truncated=found.is_truncated)
    expected = found.expected_samples
    if expected is None and not found.is_truncated:
        expected = copier.sample_count
    return Integrity(expected_samples=expected, resyncs=found.resyncs, is_truncated=found.is_truncated)


def _of_declined(path: Path, facts: SourceFacts) -> Integrity:
    try:
        match facts.demuxer:
            case "flac":
                return _flac_integrity(path)
            case "ogg":
                packets = index_packets(path, _OGG_HEADERS[facts.codec])
                return Integrity(resyncs=packets.resyncs, is_truncated=not packets.has_end)
            case "mp3":
                return _frames_integrity(path, MPEG_FRAMES, None)
            case "aac":
                return _frames_integrity(path, ADTS_FRAMES, FRAME_SAMPLES)
    except (NotCopyable, CorruptFile):
        pass  # neither whole nor damaged in a way that can be counted
    return Integrity(resyncs=None, is_truncated=facts.is_truncated)


def _frames_integrity(path: Path, kind: FrameKind, frame_samples: int | None) -> Integrity:
    """Frames are expected to hold so many samples, unless some of them only say how many others do."""
    with opened(path) as file:
        losses = count_losses(file, *audio_range(file), kind)
    expected = losses.frames * frame_samples if frame_samples else None
    return Integrity(expected_samples=expected, resyncs=losses.resyncs, is_truncated=losses.is_cut_off)


def _flac_integrity(path: Path) -> Integrity:
    """Holes are where numbers leap, and before the first frame."""
    with opened(path) as file:
        start, end = audio_range(file)
        info = read_stream_info(file, start)
        scan = FrameScan(file, info, end)
        holes, expected, ends_whole = 0, None, False
        for frames in scan.frames():
            if len(frames.headers):
                begin = int(frames.body_offsets[0] - frames.headers.lengths[0])
                is_apart = begin != info.frames_offset if expected is None else expected != _first(frames)
                holes += is_apart + _leaps(frames, is_variable=scan.is_variable)
                expected = _next_number(frames, is_variable=scan.is_variable)
            ends_whole = frames.ends_whole
    return Integrity(expected_samples=info.total_samples, resyncs=holes, is_truncated=not ends_whole)


def _first(frames: FoundFrames) -> int:
    return int(frames.headers.numbers[0])


def _next_number(frames: FoundFrames, *, is_variable: bool) -> int:
    """Variable blocks are numbered by samples, others one by one."""
    return int(frames.headers.numbers[-1]) + (int(frames.headers.blocks[-1]) if is_variable else 1)


def _leaps(frames: FoundFrames, *, is_variable: bool) -> int:
    numbers = frames.headers.numbers
    steps = frames.headers.blocks[:-1] if is_variable else 1
    return int((numbers[1:] != numbers[:-1] + steps).sum())
