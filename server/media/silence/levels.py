"""How loud each hundredth of a second is, measured once over all samples."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import numpy as np
from numpy.typing import NDArray

from server.media.pcm import SampleFormat

Codes = NDArray[np.uint8]
#: Fills as much of the buffer as it can and says how much; 0 at the end.
ReadInto = Callable[[memoryview], int]
OnSamples = Callable[[int], None]

_BLOCK_BYTES = 1 << 19  # stays in the processor's cache, floats included


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleKind:
    """How the samples that are read are stored."""

    sample_format: SampleFormat
    channels: int
    sample_rate: int

    @property
    def window_samples(self) -> int:
        return max(1, (self.sample_rate + 50) // 100)

    @property
    def frame_bytes(self) -> int:
        return self.sample_format.sample_bytes * self.channels


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Levels:
    """The RMS of each window over all channels, in steps of half a decibel below full scale: 0 is as loud as
    can be, 255 is silent. A byte a window: ten hours are 3.6 MB."""

    sample_rate: int
    sample_count: int
    window_samples: int
    codes: Codes


def measure_levels(
    read_into: ReadInto, kind: SampleKind, stop: Event, on_samples: OnSamples | None = None
) -> Levels:
    """Blocking. Reads to the end, or until it is stopped. The result depends on the samples only, not on the
    portions in which they arrive."""
    window_bytes = kind.window_samples * kind.frame_bytes
    block = memoryview(bytearray(window_bytes * max(1, _BLOCK_BYTES // window_bytes)))
    codes, sample_count = bytearray(), 0
    while not stop.is_set():
        filled = _fill(block, read_into)
        frames = filled // kind.frame_bytes
        codes += _codes(block[: frames * kind.frame_bytes], kind).tobytes()
        sample_count += frames
        if on_samples and frames:
            on_samples(sample_count)
        if filled < len(block):
            break
    return Levels(
        sample_rate=kind.sample_rate,
        sample_count=sample_count,
        window_samples=kind.window_samples,
        codes=np.frombuffer(codes, np.uint8),
    )


def _fill(block: memoryview, read_into: ReadInto) -> int:
    filled = 0
    while filled < len(block) and (more := read_into(block[filled:])):
        filled += more
    return filled


def _codes(data: memoryview, kind: SampleKind) -> Codes:
    values = _doubles(data, kind.sample_format)
    width = kind.window_samples * kind.channels
    whole = len(values) // width
    windows, rest = values[: whole * width].reshape(whole, width), values[whole * width :]
    powers = np.einsum("ij,ij->i", windows, windows) / width
    if len(rest):
        powers = np.append(powers, np.einsum("i,i->", rest, rest) / len(rest))
    return code_of_power(powers / _full_scale(kind.sample_format) ** 2)


def _doubles(data: memoryview, sample_format: SampleFormat) -> NDArray[np.float64]:
    """As stored, not scaled: sums of squares of up to 16 bits are then exact, in whatever order a processor
    adds them. Of 24 bits the upper 16 are looked at."""
    if sample_format is SampleFormat.U8:
        return np.frombuffer(data, np.uint8).astype(np.float64) - 128
    if sample_format is SampleFormat.S24:
        upper = np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(-1, 3)[:, 1:])
        return upper.view("<i2").reshape(-1).astype(np.float64)
    if sample_format.is_float:
        doubles = np.frombuffer(data, f"<f{sample_format.sample_bytes}").astype(np.float64)
        return np.clip(np.nan_to_num(doubles, copy=False), -8, 8)
    return np.frombuffer(data, f"<i{sample_format.sample_bytes}").astype(np.float64)


def _full_scale(sample_format: SampleFormat) -> float:
    if sample_format.is_float:
        return 1.0
    return 2.0 ** (15 if sample_format is SampleFormat.S24 else 8 * sample_format.sample_bytes - 1)


def code_of_power(powers: NDArray[np.float64]) -> Codes:
    """Full scale has the power 1."""
    decibels = -10 * np.log10(np.maximum(powers, 1e-20))
    codes: Codes = np.clip(np.rint(2 * decibels), 0, 255).astype(np.uint8)
    return codes


#: The power that each code stands for.
POWERS: NDArray[np.float64] = 10 ** (np.arange(256) / -20)
