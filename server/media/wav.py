"""WAV, RF64 and W64 headers: reading them from strangers, writing our own."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from server.media.pcm import Pcm, PcmShape, SampleFormat

_MAX_CHUNKS = 1000
_UNKNOWN_SIZE = 0xFFFFFFFF
_NEVER_FILLED_IN = 1 << 62  # no file is as long; writers of W64 put it down at first
_PCM_TAG, _FLOAT_TAG, _EXTENSIBLE_TAG = 1, 3, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_W64_RIFF = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")
_USUAL_MASKS = {1: 0x4, 2: 0x3}
_SAMPLE_FORMATS = {
    (_PCM_TAG, 8): SampleFormat.U8,
    (_PCM_TAG, 16): SampleFormat.S16,
    (_PCM_TAG, 24): SampleFormat.S24,
    (_PCM_TAG, 32): SampleFormat.S32,
    (_FLOAT_TAG, 32): SampleFormat.F32,
    (_FLOAT_TAG, 64): SampleFormat.F64,
}


class WavHeaderError(ValueError):
    """The header can't be followed to its samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WavHeader:
    """What a header says. `sample_format` is None for anything but plain PCM."""

    sample_format: SampleFormat | None
    sample_rate: int
    channels: int
    channel_mask: int | None
    format_chunk: bytes  # as our own files of the same samples repeat it
    block_bytes: int
    data_offset: int
    claimed_bytes: int | None  # None: written by a recorder that never came back to fill it in
    found_bytes: int

    @property
    def found_samples(self) -> int:
        return self.found_bytes // self.block_bytes

    @property
    def claimed_samples(self) -> int:
        claimed = self.found_bytes if self.claimed_bytes is None else self.claimed_bytes
        return claimed // self.block_bytes


def read_header(path: Path) -> WavHeader:
    """Blocking, reads a few kilobytes at most. Raises WavHeaderError."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(0)
        start = file.read(16)
        if start == _W64_RIFF:
            return _walk(file, end, file.seek(40), is_w64=True)
        if start[:4] not in (b"RIFF", b"RF64") or start[8:12] != b"WAVE":
            raise WavHeaderError("no RIFF header")
        return _walk(file, end, file.seek(12), is_w64=False)


def _walk(file: BinaryIO, end: int, position: int, *, is_w64: bool) -> WavHeader:
    fmt: bytes | None = None
    long_size: int | None = None
    for _ in range(_MAX_CHUNKS):
        if position > end:
            raise WavHeaderError("a chunk goes beyond the end")
        file.seek(position)
        name, size, body = _chunk_head(file, position, is_w64=is_w64)
        if name == b"ds64":
            long_size = struct.unpack("<QQ", _read(file, 16))[1]
        elif name == b"fmt ":
            fmt = _read(file, min(size, 40))
        elif name == b"data":
            if fmt is None:
                raise WavHeaderError("samples before their format")
            claimed = long_size if size == _UNKNOWN_SIZE and not is_w64 else size
            if claimed is not None and claimed >= _NEVER_FILLED_IN:
                claimed = None
            return _header(fmt, body, claimed, end)
        position = body + size + (-size % 8 if is_w64 else size % 2)
    raise WavHeaderError("too many chunks")


def _chunk_head(file: BinaryIO, position: int, *, is_w64: bool) -> tuple[bytes, int, int]:
    """Name, size of the body, offset of the body."""
    if not is_w64:
        name, size = struct.unpack("<4sI", _read(file, 8))
        return name, size, position + 8
    guid, size = struct.unpack("<16sQ", _read(file, 24))
    if size < 24:
        raise WavHeaderError("chunk shorter than its head")
    return (guid[:4] if guid[4:] == _W64_TAIL else b""), size - 24, position + 24


def _read(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise WavHeaderError("ends inside its header")
    return data


def _header(fmt: bytes, data_offset: int, claimed: int | None, end: int) -> WavHeader:
    if len(fmt) < 16:
        raise WavHeaderError("format chunk too short")
    tag, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", fmt)
    mask = None
    if tag == _EXTENSIBLE_TAG and len(fmt) >= 40:
        mask, sub_tag = struct.unpack_from("<IH", fmt, 20)
        tag = sub_tag if fmt[26:40] == _GUID_TAIL else tag
    if not (channels and rate and block):
        raise WavHeaderError("no channels, no rate or no sample size")
    sample_format = _SAMPLE_FORMATS.get((tag, bits))
    if sample_format is not None and block != sample_format.sample_bytes * channels:
        sample_format = None
    claimed = claimed or None
    room = max(0, end - data_offset)
    return WavHeader(
        sample_format=sample_format,
        sample_rate=rate,
        channels=channels,
        channel_mask=mask or None,
        format_chunk=_kept_format_chunk(fmt),
        block_bytes=block,
        data_offset=data_offset,
        claimed_bytes=claimed,
        found_bytes=room if claimed is None else min(claimed, room),
    )


def write_header(shape: PcmShape | Pcm, sample_count: int) -> bytes:
    """The bytes before the samples of a new file: RIFF, or RF64 where 4 GiB are not enough."""
    return build_header(_format_chunk(shape), shape.frame_bytes, sample_count)


def build_header(format_chunk: bytes, frame_bytes: int, sample_count: int) -> bytes:
    """The same, for samples that a format chunk describes."""
    data_bytes = sample_count * frame_bytes
    body_bytes = 4 + 8 + len(format_chunk) + 8 + data_bytes + data_bytes % 2
    if body_bytes < _UNKNOWN_SIZE:
        head = b"RIFF" + struct.pack("<I", body_bytes) + b"WAVE"
        return head + _chunk(b"fmt ", format_chunk) + b"data" + struct.pack("<I", data_bytes)
    long_sizes = struct.pack("<QQQI", body_bytes + 8 + 28, data_bytes, sample_count, 0)
    head = b"RF64" + struct.pack("<I", _UNKNOWN_SIZE) + b"WAVE" + _chunk(b"ds64", long_sizes)
    return head + _chunk(b"fmt ", format_chunk) + b"data" + struct.pack("<I", _UNKNOWN_SIZE)


def file_bytes(shape: PcmShape | Pcm, sample_count: int) -> int:
    """How large the file of so many samples will be, padding included."""
    data_bytes = sample_count * shape.frame_bytes
    return len(write_header(shape, sample_count)) + data_bytes + data_bytes % 2


def _kept_format_chunk(fmt: bytes) -> bytes:
    """The valid bits, the mask and the kind of samples stay; what follows from the rest is set right."""
    tag, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", fmt)
    shape = struct.pack("<HHIIHH", tag, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    is_extensible = tag == _EXTENSIBLE_TAG and len(fmt) >= 40
    return shape + struct.pack("<H", 22) + fmt[18:40] if is_extensible else shape


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def _format_chunk(shape: PcmShape | Pcm) -> bytes:
    bits = shape.sample_format.sample_bytes * 8
    tag = _FLOAT_TAG if shape.sample_format.is_float else _PCM_TAG
    is_plain = shape.channels <= 2 and shape.channel_mask in (None, _USUAL_MASKS[shape.channels])
    rate, block = shape.sample_rate, shape.frame_bytes
    layout = (shape.channels, rate, rate * block, block, bits)
    if is_plain:
        return struct.pack("<HHIIHH", tag, *layout)
    mask = shape.channel_mask or 0
    return struct.pack("<HHIIHHHHIH", _EXTENSIBLE_TAG, *layout, 22, bits, mask, tag) + _GUID_TAIL
