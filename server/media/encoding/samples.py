"""Which samples an encoder gets: rate, channels and depth, and the filter that makes them of the source's."""

from dataclasses import dataclass

from server.media.channels import layout_name, mixing_layout, output_mask
from server.media.pcm import Pcm, PcmShape, SampleFormat
from zerokerf.encoding import Encoding
from zerokerf.encoding_scales import AAC_RATES, MAX_CHANNELS, MP3_RATES, STANDARD_RATES
from zerokerf.formats import Format

#: Longer than ffmpeg's own: flat to 95 % of the band, and what would fold back is 128 dB down. Mixing lowers
#: all channels together so that none can clip.
_RESAMPLE = "aresample={rate}:filter_size=128:cutoff=0.97:kaiser_beta=12:rematrix_maxval=1"
_DEPTHS = {8: SampleFormat.U8, 16: SampleFormat.S16, 24: SampleFormat.S24, 32: SampleFormat.S32}
_DITHERED_BYTES = 2  # up to 16 bit the error of rounding can be heard
_FINE = (SampleFormat.S24, SampleFormat.S32, SampleFormat.F64)  # a 32 bit float would round them


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleChange:
    """From the source's samples to those that are encoded. `stored` is None for lossy codecs, which have no
    depth."""

    source: PcmShape
    sample_rate: int
    channels: int
    layout: str
    stored: SampleFormat | None

    @property
    def is_resampled(self) -> bool:
        return self.sample_rate != self.source.sample_rate

    @property
    def is_mixed(self) -> bool:
        return self.channels != self.source.channels

    @property
    def keeps_depth(self) -> bool:
        """Every value that the source can have, can be stored."""
        return self.stored is not None and _holds(self.stored, self.source.sample_format)

    @property
    def is_lossless(self) -> bool:
        return self.keeps_depth and not self.is_resampled and not self.is_mixed

    @property
    def is_dithered(self) -> bool:
        """One channel in both of two is copied; all other new samples have to be rounded."""
        is_new = self.is_resampled or (self.is_mixed and not self._is_doubled)
        is_coarse = self.stored is not None and self.stored.sample_bytes <= _DITHERED_BYTES
        return is_coarse and (is_new or not self.keeps_depth)

    @property
    def _is_doubled(self) -> bool:
        return (self.source.channels, self.channels) == (1, 2)

    @property
    def shape(self) -> PcmShape:
        """Of what is stored."""
        return PcmShape(
            sample_format=self.stored or self.source.sample_format,
            sample_rate=self.sample_rate,
            channels=self.channels,
            channel_mask=output_mask(self.channels) if self.is_mixed else self.source.channel_mask,
        )

    @property
    def input_layout(self) -> str:
        """Channels that are not mixed keep their order, whatever the format calls their places."""
        if self.is_mixed:
            return mixing_layout(self.source.channels, self.source.channel_mask)
        return self.layout

    @property
    def filters(self) -> tuple[str, ...]:
        """In ffmpeg's words; none where the encoder can have the samples as they are."""
        if not (self.is_resampled or self.is_mixed or self.is_dithered):
            return ()
        doubled = ("pan=stereo|c0=c0|c1=c0",) if self._is_doubled else ()
        resample = _RESAMPLE.format(rate=self.sample_rate)
        is_fine = self.stored in _FINE
        resample += f":internal_sample_fmt={'dblp' if is_fine else 'fltp'}"
        resample += ":dither_method=triangular" if self.is_dithered else ""
        kind = self.stored.ffmpeg_name if self.stored else "flt|fltp"
        return (
            *doubled,
            resample,
            f"aformat=sample_fmts={kind}:channel_layouts={layout_name(self.channels)}",
        )


def change_samples(pcm: Pcm, target: Format, encoding: Encoding, *, is_alac: bool) -> SampleChange:
    """What was asked for, else the source's own, else the nearest that the format has."""
    has_any_rate = is_alac or target is Format.WAV
    usual_rate = pcm.sample_rate if has_any_rate else _rate_for(target, pcm.sample_rate)
    has_as_many = MAX_CHANNELS[target].has(pcm.channels)
    channels = encoding.channels or (pcm.channels if has_as_many else 2)
    return SampleChange(
        source=pcm.shape,
        sample_rate=encoding.sample_rate or usual_rate,
        channels=channels,
        layout=layout_name(channels, is_alac=is_alac),
        stored=_stored(pcm.sample_format, target, encoding.bit_depth, is_alac=is_alac),
    )


def change_notes(change: SampleChange, target: Format, encoding: Encoding) -> tuple[str, ...]:
    """A sentence for everything that happened to samples, and whose wish it was."""
    source, notes = change.source, []
    if change.is_mixed:
        way = "mixed down" if change.channels < source.channels else "spread"
        asked, forced = "as asked", f"all that {target} gets here"
        why = asked if encoding.channels else forced
        notes.append(f"{_count(source.channels)} {way} to {change.channels}, {why}.")
    if change.is_resampled:
        why = "as asked" if encoding.sample_rate else f"the nearest rate that {target} has"
        notes.append(f"{source.sample_rate} Hz were resampled to {change.sample_rate} Hz, {why}.")
    if change.stored and not change.keeps_depth:
        asked = ", as asked" if encoding.bit_depth else ""
        kind = "floats" if change.stored.is_float else "integers"
        dithered = " with dither" if change.is_dithered else ""
        bits = 8 * change.stored.sample_bytes
        notes.append(f"Samples of {source.sample_format} were stored as {bits} bit {kind}{dithered}{asked}.")
    elif change.stored and change.is_dithered:
        notes.append(f"The new samples were rounded to {8 * change.stored.sample_bytes} bit with dither.")
    return tuple(notes)


def _count(channels: int) -> str:
    return "1 channel was" if channels == 1 else f"{channels} channels were"


def _stored(source: SampleFormat, target: Format, bits: int | None, *, is_alac: bool) -> SampleFormat | None:
    if target is Format.WAV:
        if bits is None:
            return source
        return SampleFormat.F32 if bits == 32 and source.is_float else _DEPTHS[bits]
    if target is Format.FLAC or is_alac:
        is_small = source in (SampleFormat.U8, SampleFormat.S16)
        return _DEPTHS[bits or (16 if is_small else 24)]  # few can read more
    return None


def _holds(stored: SampleFormat, source: SampleFormat) -> bool:
    if stored is source:
        return True
    are_integers = not stored.is_float and not source.is_float
    return are_integers and stored.sample_bytes >= source.sample_bytes


def _rate_for(target: Format, rate: int) -> int:
    has_rate = {
        Format.MP3: rate in MP3_RATES,
        Format.AAC: rate in AAC_RATES,
        Format.M4A: rate in AAC_RATES,
        Format.OPUS: rate == 48_000,
        Format.OGG: rate <= 192_000,
        Format.FLAC: rate < 1 << 16 or rate % 10 == 0,
    }
    if has_rate[target]:
        return rate
    rates = {
        Format.MP3: MP3_RATES,
        Format.OPUS: (48_000,),
        Format.OGG: tuple(known for known in STANDARD_RATES if known <= 192_000),
        Format.FLAC: STANDARD_RATES,
    }.get(target, AAC_RATES)
    whole_steps = [known for known in rates if rate % known == 0 and known >= 32_000]
    higher = [known for known in rates if known > rate]
    return max(whole_steps) if whole_steps else min(higher, default=rates[-1])
