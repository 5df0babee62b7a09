"""Lays out an MP4 file of one track of sound (ISO/IEC 14496-12 and -14): index first, then the packets.

The clocks of movie and track tick once a sample, so that the edit list, which hides what decoders need and
nobody should hear, is exact. The same input makes the same bytes: nothing is dated.
"""

import struct
from dataclasses import dataclass

import numpy as np

from server.media.copying.mp4.aac_config import SoundConfig
from server.media.copying.mp4.build import (
    CHUNK_PACKETS,
    box,
    chunk_offsets,
    chunks,
    durations,
    full_box,
    packet_sizes,
    recovery,
    sample_entry,
)
from server.media.copying.mp4.tables import Integers

#: How many packets before the wanted one a decoder of AAC-LC needs.
PRIMING_PACKETS = 1

_FILE_TYPE = box(b"ftyp", struct.pack(">4sI4s4s4s", b"M4A ", 0x200, b"M4A ", b"isom", b"mp42"))
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNITY, _FULL_VOLUME, _UNDETERMINED = 0x10000, 0x100, 0x55C4
_LIMIT_32 = 1 << 32
_FAR_BYTES = _LIMIT_32 - (1 << 28)  # leaves room for the tables themselves
_LONG_EXTRA_BYTES = 12 + 12 + 12 + 8  # of mvhd, tkhd, mdhd and elst in version 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What one file holds. Samples are counted from the first that its first packet decodes to."""

    packet_count: int
    payload_bytes: int
    first_sample: int
    sample_count: int

    @property
    def end_sample(self) -> int:
        return self.first_sample + self.sample_count

    @property
    def version(self) -> int:
        """1 for boxes with 64 bit durations, else 0."""
        return int(self.end_sample >= _LIMIT_32)

    @property
    def is_far(self) -> bool:
        """Whether offsets need 64 bits."""
        return self.payload_bytes >= _FAR_BYTES


class HeadWriter:
    """Knows the sound of one source, and makes what stands before the packets of files with parts of it."""

    def __init__(self, config: SoundConfig, decoder_setup: bytes) -> None:
        self._config = config
        self._entry = sample_entry(config, decoder_setup)
        shortest = Content(packet_count=1, payload_bytes=0, first_sample=0, sample_count=1)
        none = np.zeros(0, np.int64)
        self._fixed_bytes = len(_FILE_TYPE) + len(self._index(shortest, none, none))

    def size_bytes(self, content: Content) -> int:
        """Of the head. It never shrinks as packets are added."""
        chunk_count = -(-content.packet_count // CHUNK_PACKETS)
        return (
            self._fixed_bytes
            + (_LONG_EXTRA_BYTES if content.version else 0)
            + 4 * content.packet_count
            + (8 if content.packet_count > 1 else 0)
            + (12 if chunk_count > 1 else 0)
            + (8 if content.is_far else 4) * chunk_count
            + (16 if content.is_far else 8)
        )

    def head(self, content: Content, sizes: Integers) -> bytes:
        """`sizes` are those of the packets, in bytes."""
        starts = (np.cumsum(sizes) - sizes)[::CHUNK_PACKETS] + self.size_bytes(content)
        index = _FILE_TYPE + self._index(content, sizes, starts)
        if content.is_far:
            return index + struct.pack(">I4sQ", 1, b"mdat", 16 + content.payload_bytes)
        return index + struct.pack(">I4s", 8 + content.payload_bytes, b"mdat")

    def _index(self, content: Content, sizes: Integers, starts: Integers) -> bytes:
        version, duration = content.version, content.sample_count
        movie_head = self._clock(version, duration)
        movie_head += struct.pack(">IH10x", _UNITY, _FULL_VOLUME) + _MATRIX + struct.pack(">24xI", 2)
        track_head = struct.pack(">QQI4xQ" if version else ">III4xI", 0, 0, 1, duration)
        track_head += struct.pack(">8xHHHxx", 0, 1, _FULL_VOLUME) + _MATRIX + bytes(8)
        edit = (1, self._edit_duration(content), content.first_sample, _UNITY)
        track = box(
            b"trak",
            full_box(b"tkhd", version, 3, track_head),
            box(b"edts", full_box(b"elst", version, 0, struct.pack(">IQqI" if version else ">IIiI", *edit))),
            self._media(content, sizes, starts),
        )
        return box(b"moov", full_box(b"mvhd", version, 0, movie_head), track)

    def _edit_duration(self, content: Content) -> int:
        """FFmpeg takes an edit's duration for that of the last packet, and drops one that seems to end before
        the edit starts. So where all sound lies in the last packet, its duration ends the sound instead."""
        is_in_last = content.first_sample >= (content.packet_count - 1) * self._config.packet_samples
        return max(content.sample_count, self._config.packet_samples) if is_in_last else content.sample_count

    def _media(self, content: Content, sizes: Integers, starts: Integers) -> bytes:
        media_head = self._clock(content.version, content.end_sample)
        media_head += struct.pack(">Hxx", _UNDETERMINED)
        here = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
        tables = box(
            b"stbl",
            full_box(b"stsd", 0, 0, struct.pack(">I", 1), self._entry),
            durations(content.packet_count, self._config.packet_samples, content.end_sample),
            chunks(content.packet_count),
            packet_sizes(sizes),
            chunk_offsets(starts, is_far=content.is_far),
            recovery(content.packet_count, PRIMING_PACKETS),
        )
        return box(
            b"mdia",
            full_box(b"mdhd", content.version, 0, media_head),
            full_box(b"hdlr", 0, 0, struct.pack(">4x4s12x", b"soun"), b"SoundHandler\0"),
            box(b"minf", full_box(b"smhd", 0, 0, bytes(4)), box(b"dinf", here), tables),
        )

    def _clock(self, version: int, duration: int) -> bytes:
        return struct.pack(">QQIQ" if version else ">IIII", 0, 0, self._config.sample_rate, duration)
