"""FLAC files of every kind that the copier takes, made by libFLAC, by ffmpeg and by hand."""

from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import soundfile

from server.media.copying.flac.blocks import verbatim_frames
from server.media.copying.flac.cut import open_flac
from server.media.copying.flac.stream import StreamInfo, write_stream_head
from tests.media.corpus import ffmpeg, speech_like

FFMPEG = Path(imageio_ffmpeg.get_ffmpeg_exe())
SAMPLES = 100_003  # no block size divides it


def by_ffmpeg(path: Path, *options: str, rate: int = 44_100, channels: int = 2) -> None:
    master = path.with_suffix(".master.wav")
    soundfile.write(master, speech_like(SAMPLES, rate, channels), rate, subtype="PCM_24")
    ffmpeg(FFMPEG, "-i", master, *options, path)


def by_libflac(path: Path, subtype: str, rate: int = 44_100, channels: int = 2) -> None:
    soundfile.write(path, speech_like(SAMPLES, rate, channels), rate, subtype=subtype, format="FLAC")


def with_thirty_two_bits(path: Path) -> None:
    master = path.with_suffix(".master.wav")
    soundfile.write(master, speech_like(SAMPLES), 44_100, subtype="PCM_32")
    options = ("-strict", "experimental", "-sample_fmt", "s32", "-bits_per_raw_sample", "32")
    ffmpeg(FFMPEG, "-i", master, *options, path)


def with_odd_bits(path: Path, bits: int = 20) -> None:
    """A depth that fills no whole bytes, in frames of 4608, the last one of a single sample."""
    info = StreamInfo(sample_rate=32_000, channels=3, bits=bits, total_samples=None, frames_offset=42)
    samples = (speech_like(4608 * 5 + 1, 32_000, 3) * (1 << bits - 1)).astype(np.int32)
    head = write_stream_head(info, len(samples), 4608, 4608)
    path.write_bytes(head + verbatim_frames(info, 0, [4608] * 5 + [1], samples))


def of_variable_blocks(path: Path) -> None:
    """Blocks of 4103, then of 1152, then of what is left."""
    fixed = path.with_suffix(".fixed.flac")
    by_ffmpeg(fixed, "-frame_size", "1152")
    copier = open_flac(fixed)
    copier.write(1145, copier.sample_count - 1145, path)


def with_everything_around(path: Path) -> None:
    """ID3 and a cover in front, ID3v1 and APEv2 behind."""
    plain, cover = path.with_suffix(".plain.flac"), path.with_suffix(".png")
    by_ffmpeg(plain, "-metadata", "title=Take \xff\xf8 one")
    ffmpeg(FFMPEG, "-f", "lavfi", "-i", "testsrc=size=64x64:duration=0.04", "-frames:v", "1", cover)
    tagged = path.with_suffix(".tagged.flac")
    options = ("-map", "0:a", "-map", "1:v", "-c", "copy", "-disposition:v", "attached_pic")
    ffmpeg(FFMPEG, "-i", plain, "-i", cover, *options, tagged)
    id3v2 = b"ID3\x04\x00\x00\x00\x00\x02\x00" + b"\xff\xf8".ljust(256, b"\0")
    ape_footer = b"APETAGEX" + (2000).to_bytes(4, "little") + (32).to_bytes(4, "little") + bytes(16)
    id3v1 = b"TAG".ljust(128, b" ")
    path.write_bytes(id3v2 + tagged.read_bytes() + ape_footer + id3v1)


def of_unknown_length(path: Path) -> None:
    by_libflac(path, "PCM_16")
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)


def of_silence(path: Path) -> None:
    soundfile.write(path, np.zeros((SAMPLES, 2)), 44_100, subtype="PCM_16", format="FLAC")


SOURCES: dict[str, Callable[[Path], None]] = {
    "16 bit": lambda path: by_ffmpeg(path, "-sample_fmt", "s16", "-frame_size", "4096"),
    "24 bit, 96 kHz": lambda path: by_ffmpeg(path, rate=96_000),
    "8 bit": lambda path: by_libflac(path, "PCM_S8", 8_000, 1),
    "20 bit": with_odd_bits,
    "32 bit": with_thirty_two_bits,
    "mono, 22 kHz": lambda path: by_libflac(path, "PCM_16", 22_050, 1),
    "6 channels": lambda path: by_ffmpeg(path, rate=48_000, channels=6),
    "8 channels": lambda path: by_libflac(path, "PCM_24", 192_000, 8),
    "odd rate": lambda path: by_ffmpeg(path, "-sample_fmt", "s16", rate=44_101),
    "tiny blocks": lambda path: by_ffmpeg(path, "-frame_size", "16", "-t", "0.5"),
    "giant blocks": lambda path: by_ffmpeg(path, "-sample_fmt", "s16", "-frame_size", "65535"),
    "variable blocks": of_variable_blocks,
    "tags and cover": with_everything_around,
    "unknown length": of_unknown_length,
    "silence": of_silence,
}
