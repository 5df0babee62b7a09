"""What a container itself promises about its length, and whether that is visibly more than the file holds."""

import os
from dataclasses import dataclass
from pathlib import Path

from server.media.copying.copier import NotCopyable
from server.media.copying.flac.stream import read_stream_info
from server.media.copying.mp3.header import DECODER_DELAY, parse_header
from server.media.copying.mp3.info import INFO_HEAD_BYTES, read_info
from server.media.copying.mp4.boxes import walk
from server.media.copying.opened import opened
from server.media.copying.tag_edges import audio_range
from server.media.wav import WavHeader, WavHeaderError, read_header
from zerokerf.errors import CorruptFile


@dataclass(frozen=True, slots=True)
class Claims:
    """Nothing is known where a field is None."""

    samples: int | None = None
    bits_per_sample: int | None = None
    wav: WavHeader | None = None
    #: Seen without following any frames: a file that is cut short need not show it here.
    is_truncated: bool = False


def read_claims(path: Path, demuxer: str) -> Claims:
    """Blocking, reads a few kilobytes. Raises CorruptFile when the way to the first sample is lost."""
    match demuxer:
        case "wav" | "w64":
            return _wav_claims(path)
        case "flac":
            return _flac_claims(path)
        case "mp3":
            return _mp3_claims(path)
        case "mov":
            return _mp4_claims(path)
    return Claims()


def _wav_claims(path: Path) -> Claims:
    try:
        header = read_header(path)
    except WavHeaderError as error:
        raise CorruptFile("its header is damaged or incomplete.") from error
    if not header.found_bytes:
        raise CorruptFile("it holds no samples.")
    return Claims(wav=header, is_truncated=header.found_bytes < (header.claimed_bytes or 0))


def _flac_claims(path: Path) -> Claims:
    try:
        with opened(path) as file:
            info = read_stream_info(file, audio_range(file)[0])
    except NotCopyable:
        return Claims()
    return Claims(info.total_samples, info.bits)


def _mp3_claims(path: Path) -> Claims:
    """By the frame before the audio, less what it says of its encoder's delay and padding."""
    with opened(path) as file:
        start, _ = audio_range(file)
        head = os.pread(file, INFO_HEAD_BYTES, start)
        size_bytes = os.fstat(file).st_size
    header, info = parse_header(head), read_info(head)
    if header is None or info is None:
        return Claims()
    gaps = 0 if info.lame_at is None else info.delay + max(info.padding, DECODER_DELAY)
    samples = info.frames * header.frame_samples - gaps
    # Some encoders count their tags as well, but none can count more than there once was.
    return Claims(samples if samples > 0 else None, is_truncated=info.audio_bytes > size_bytes)


def _mp4_claims(path: Path) -> Claims:
    size_bytes = path.stat().st_size
    try:
        with path.open("rb") as file:
            return Claims(is_truncated=any(box.end > size_bytes for box in walk(file, 0, size_bytes)))
    except NotCopyable:
        return Claims()
