"""Decodes single FLAC frames; runs in the limited process that opens strangers' files as well."""

import base64
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from server.media.copying.flac.stream import StreamInfo, write_stream_head
from server.media.copying.opened import opened

#: Shape (samples, channels), in the stream's bits.
Samples = NDArray[np.int32]

_CHUNK_BYTES = 2700  # 3600 characters: a line of an answer has to stay below PIPE_BUF


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRequest:
    """Frames of one file, each by its first byte and its length."""

    path: Path
    info: StreamInfo
    most_block: int
    frames: Sequence[tuple[int, int]]


class FrameDecoder(Protocol):
    """Blocking. None for each frame that can't be decoded."""

    def __call__(self, request: FrameRequest) -> Sequence[Samples | None]: ...


def decode_here(request: FrameRequest) -> list[Samples | None]:
    """In this process, which strangers' files may break: for files of our own, and within limits."""
    with opened(request.path) as file:
        return [_decoded(request, os.pread(file, size, offset)) for offset, size in request.frames]


def tell_frames(message: dict[str, Any], tell: Callable[[list[Any]], None]) -> dict[str, Any]:
    """The limited process's part. Tells of each frame that can be decoded, piece by piece."""
    request = FrameRequest(
        path=Path(message["path"]),
        info=StreamInfo(**message["info"]),
        most_block=message["most_block"],
        frames=message["flac_frames"],
    )
    for at, samples in enumerate(decode_here(request)):
        data = b"" if samples is None else samples.astype(stored_as(request.info)).tobytes()
        for begin in range(0, len(data), _CHUNK_BYTES):
            tell([at, base64.b64encode(data[begin : begin + _CHUNK_BYTES]).decode()])
    return {}


def stored_as(info: StreamInfo) -> str:
    """How the samples of an answer are stored."""
    return "<i2" if info.bits <= 16 else "<i4"


def _decoded(request: FrameRequest, frame: bytes) -> Samples | None:
    info, block = request.info, request.most_block
    context = av.codec.Codec("flac", "r").create("audio")
    context.extradata = write_stream_head(info, 0, block, block)[8:]
    context.thread_count = 1
    try:
        pieces = [_samples(info, piece) for piece in context.decode(av.Packet(frame))]
    except (av.FFmpegError, ValueError):
        return None
    return np.concatenate(pieces) if pieces else None


def _samples(info: StreamInfo, frame: av.AudioFrame) -> Samples:
    if frame.format.name not in ("s16", "s16p", "s32", "s32p") or frame.layout.nb_channels != info.channels:
        raise ValueError("it is of another kind than its stream")
    values = frame.to_ndarray()
    values = values.T if frame.format.is_planar else values.reshape(-1, info.channels)
    return values.astype(np.int32) >> (8 * frame.format.bytes - info.bits)
