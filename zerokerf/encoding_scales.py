"""The options that each format has, and the values that each of them can take."""

from collections.abc import Sequence
from dataclasses import dataclass

from zerokerf.formats import Format


@dataclass(frozen=True, slots=True)
class Range:
    """Every number from the first to the last, both included; `is_whole` leaves out fractions."""

    low: float
    high: float
    unit: str = ""
    is_whole: bool = True

    def has(self, value: float) -> bool:
        return self.low <= value <= self.high and (not self.is_whole or value % 1 == 0)

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
        *others, last = map(str, self.values)
        return f"{', '.join(others)} or {last}{self.unit}" if others else f"{last}{self.unit}"


Scale = Range | Choice

MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
AAC_RATES = (7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
STANDARD_RATES = (*AAC_RATES[1:], 176400, 192000, 352800, 384000)

SAMPLE_RATES: dict[Format, Scale] = {
    Format.MP3: Choice(MP3_RATES, " Hz"),
    Format.AAC: Choice(AAC_RATES, " Hz"),
    Format.M4A: Choice(AAC_RATES, " Hz"),
    Format.OPUS: Choice((48_000,), " Hz"),  # decoders know no other
    Format.OGG: Choice(STANDARD_RATES[:-2], " Hz"),
    Format.WAV: Choice(STANDARD_RATES, " Hz"),
    Format.FLAC: Choice(STANDARD_RATES, " Hz"),
}
MAX_CHANNELS: dict[Format, Scale] = {
    **{each: Range(1, 8) for each in Format},
    Format.MP3: Choice((1, 2)),
    Format.AAC: Range(1, 6),
}
BIT_DEPTHS: dict[Format, Scale] = {
    Format.WAV: Choice((8, 16, 24, 32), " bit"),  # 32 bit stay floats if the source has floats
    Format.FLAC: Choice((16, 24), " bit"),
}
#: MP3: LAME's V scale, 0 is best. Vorbis: 10 is best. FLAC: how hard it tries, 8 gives the smallest files;
#: the sound is the same. Opus and AAC have no scale of their own, only bit rates.
QUALITIES: dict[Format, Scale] = {
    Format.MP3: Range(0, 9, is_whole=False),
    Format.OGG: Range(-1, 10, is_whole=False),
    Format.FLAC: Range(0, 8, " in whole numbers"),
}

_MPEG1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
#: Above each sample rate: the lowest bit rate of a channel alone, of each of two, and the highest of both.
_VORBIS = (
    (40_000, 32_000, 22_500, 240_000),
    (26_000, 30_000, 18_000, 190_000),
    (19_000, 16_000, 15_000, 90_000),
    (15_000, 16_000, 12_000, 100_000),
    (9_000, 12_000, 8_000, 50_000),
    (0, 8_000, 6_000, 42_000),
)
_VORBIS_QUALITY_ONLY = 50_000  # above, the encoder knows no bit rates


def bit_rates(target: Format, sample_rate: int | None, channels: int | None) -> Scale | None:
    """What the format can have, in bit/s; None if it has none to choose.

    What is not known limits nothing; nor does what the format cannot have itself.
    """
    sample_rate = sample_rate if sample_rate and sample_rate > 0 else None
    channels = channels if channels and MAX_CHANNELS[target].has(channels) else None
    if target is Format.MP3:
        return Choice([1000 * kbits for kbits in _mp3_kbits(sample_rate)], " bit/s")
    if target is Format.OPUS:
        low = 6000 if (channels or 1) <= 2 else 16_000 * (channels or 1)
        return Range(low, 256_000 * (channels or 8), " bit/s")
    if target in (Format.AAC, Format.M4A):
        low = _aac_least(sample_rate or 8000) * (channels or 1)
        return Range(low, 6 * (sample_rate or 96_000) * (channels or 8), " bit/s")  # 6144 bits a frame
    return _vorbis(sample_rate, channels) if target is Format.OGG else None


def _mp3_kbits(sample_rate: int | None) -> Sequence[int]:
    if sample_rate is None:
        return sorted({*_MPEG1, *_MPEG2})
    if sample_rate >= 32_000:
        return _MPEG1
    return _MPEG2 if sample_rate >= 16_000 else _MPEG2[:8]


def _aac_least(sample_rate: int) -> int:
    """Of a channel: below, the encoder makes files that are larger than was asked for."""
    if sample_rate < 16_000:
        return 8000
    return 16_000 if sample_rate <= 48_000 else 48_000


def _vorbis(sample_rate: int | None, channels: int | None) -> Scale | None:
    if sample_rate is None:
        return Range(8000, 240_000 * (channels or 8), " bit/s")
    if sample_rate > _VORBIS_QUALITY_ONLY:
        return None
    _, alone, of_two, high = next(row for row in _VORBIS if row[0] <= sample_rate)
    if channels is None:
        return Range(alone, high * 8, " bit/s")
    return Range((of_two if channels == 2 else alone) * channels, high * channels, " bit/s")
