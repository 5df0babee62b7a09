"""Raw samples in a file: where they are, how they are stored, and how to read a range of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_CHUNK_BYTES = 1 << 20


class SampleFormat(StrEnum):
    """Interleaved little-endian PCM, by ffmpeg's names."""

    U8 = "u8"
    S16 = "s16le"
    S24 = "s24le"
    S32 = "s32le"
    F32 = "f32le"
    F64 = "f64le"

    @property
    def sample_bytes(self) -> int:
        return {"u8": 1, "s16le": 2, "s24le": 3, "s32le": 4, "f32le": 4, "f64le": 8}[self.value]

    @property
    def is_float(self) -> bool:
        return self.value.startswith("f")

    @property
    def codec(self) -> str:
        return f"pcm_{self.value}"

    @property
    def ffmpeg_name(self) -> str:
        """As samples are in ffmpeg's memory, which has no 24 bits."""
        return {"u8": "u8", "s16le": "s16", "f32le": "flt", "f64le": "dbl"}.get(self.value, "s32")


@dataclass(frozen=True, slots=True, kw_only=True)
class PcmShape:
    """What samples are like, wherever they are."""

    sample_format: SampleFormat
    sample_rate: int
    channels: int
    channel_mask: int | None = None  # as a WAV file states it

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.sample_format.sample_bytes * self.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Pcm:
    """Every sample of a source, counted. The file stays as it is for as long as this value is used."""

    path: Path
    data_offset: int
    sample_format: SampleFormat
    sample_rate: int
    channels: int
    sample_count: int
    channel_mask: int | None = None  # as a WAV file states it

    @property
    def shape(self) -> PcmShape:
        return PcmShape(
            sample_format=self.sample_format,
            sample_rate=self.sample_rate,
            channels=self.channels,
            channel_mask=self.channel_mask,
        )

    @property
    def frame_bytes(self) -> int:
        return self.shape.frame_bytes

    def offset_of(self, sample: int) -> int:
        return self.data_offset + sample * self.frame_bytes


def read_range(pcm: Pcm, first_sample: int, sample_count: int) -> Iterator[bytes]:
    """Blocking. Ends early only if the file does."""
    left = sample_count * pcm.frame_bytes
    with pcm.path.open("rb", buffering=0) as file:
        file.seek(pcm.offset_of(first_sample))
        while left and (chunk := file.read(min(left, _CHUNK_BYTES))):
            left -= len(chunk)
            yield chunk
