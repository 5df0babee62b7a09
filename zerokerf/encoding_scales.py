"""The options that each format has, and the values that each of them can take."""

from collections.abc import Sequence
from dataclasses import dataclass

from zerokerf.formats import Format


@dataclass(frozen=True, slots=True)
class Range:
    """Every number from the first to the last, both included; `step` 0 allows fractions."""

    low: float
    high: float
    unit: str = ""
    step: int = 1

    def has(self, value: float) -> bool:
        return self.low <= value <= self.high and (self.step == 0 or value % self.step == 0)

    @property
    def words(self) -> str:
        return f"{self.low:.0f} to {self.high:.0f}{self.unit}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Some numbers and none between them, in rising order."""

    values: Sequence[int]
    unit: str = ""

    def has(self, value: float) -> bool:
        return value in self.values

    @property
    def words(self) -> str:
        return f"one of {', '.join(map(str, self.values))}{self.unit}"


Scale = Range | Choice

MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
AAC_RATES = (7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)

SAMPLE_RATES: dict[Format, Scale] = {
    Format.MP3: Choice(MP3_RATES, " Hz"),
    Format.AAC: Choice(AAC_RATES, " Hz"),
    Format.M4A: Choice(AAC_RATES, " Hz"),
    Format.OPUS: Choice((48_000,), " Hz"),  # it has no other to a decoder
    Format.OGG: Range(8000, 192_000, " Hz"),
    Format.WAV: Range(4000, 384_000, " Hz"),
    Format.FLAC: Range(4000, 384_000, " Hz"),
}
MAX_CHANNELS: dict[Format, Scale] = {
    **{each: Range(1, 8) for each in Format},
    Format.MP3: Range(1, 2),
    Format.AAC: Range(1, 6),
}
BIT_DEPTHS: dict[Format, Scale] = {
    Format.WAV: Choice((8, 16, 24, 32), " bit"),
    Format.FLAC: Choice((16, 24), " bit"),
}
#: MP3: LAME's V scale, 0 is best. Vorbis: 10 is best. FLAC: how hard it tries, 8 gives the smallest files;
#: the sound is the same. Opus and AAC have no scale of their own, only bit rates.
QUALITIES: dict[Format, Scale] = {
    Format.MP3: Range(0, 9, step=0),
    Format.OGG: Range(-1, 10, step=0),
    Format.FLAC: Range(0, 8),
}

_MPEG1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def bit_rates(target: Format, sample_rate: int | None, channels: int | None) -> Scale | None:
    """What the format can have, in bit/s; None if it has none to choose. What is not known limits nothing."""
    if target is Format.MP3:
        return Choice([1000 * kbits for kbits in _mp3_kbits(sample_rate)], " bit/s")
    if target is Format.OPUS:
        return Range(6000, 256_000 * (channels or 8), " bit/s")
    if target in (Format.AAC, Format.M4A):
        return Range(8000 * (channels or 1), 6 * (sample_rate or 96_000) * (channels or 8), " bit/s")
    if target is Format.OGG:
        return Range(8000, 250_000 * (channels or 8), " bit/s")
    return None


def _mp3_kbits(sample_rate: int | None) -> Sequence[int]:
    if sample_rate is None:
        return sorted({*_MPEG1, *_MPEG2})
    if sample_rate >= 32_000:
        return _MPEG1
    return _MPEG2 if sample_rate >= 16_000 else _MPEG2[:8]
