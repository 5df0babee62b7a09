"""Which encoder writes a format, and what it is told."""

from server.media.encoding.samples import SampleChange
from server.media.pcm import SampleFormat
from zerokerf.encoding import Encoding
from zerokerf.formats import Format

Options = tuple[tuple[str, str], ...]


def codec_for(
    change: SampleChange, target: Format, encoding: Encoding, *, is_alac: bool
) -> tuple[str, Options]:
    """Encoder and its options: what was asked for, else the field's usual."""
    # A coarser time scale rounds the edit list by several samples.
    scale = (("movie_timescale", str(change.sample_rate)),) if target is Format.M4A else ()
    if target is Format.WAV:
        return change.shape.sample_format.codec, ()
    if target is Format.FLAC:
        return "flac", _flac_options(change, encoding)
    if is_alac:
        return "alac", (*_depth(change, planar="p"), *scale)
    if target is Format.OGG:
        return "libvorbis", _rate_or_quality(encoding, (("q:a", "5"),))
    bits = (("b:a", str(_usual_bits(target, change.sample_rate, change.channels))),)
    if target is Format.OPUS:
        mapping = (("mapping_family", "1"),) if change.channels > 2 else ()
        return "libopus", (*_rate_or_quality(encoding, bits), *mapping)
    if target is Format.MP3:
        return "libmp3lame", (*_rate_or_quality(encoding, bits), ("id3v2_version", "0"))
    # Without aac_pns=0 the decoder fills in random noise, different after every later cut.
    return "aac", (*_rate_or_quality(encoding, bits), ("aac_pns", "0"), *scale)


def _rate_or_quality(encoding: Encoding, usual: Options) -> Options:
    if encoding.bit_rate is not None:
        return (("b:a", str(encoding.bit_rate)),)
    if encoding.quality is not None:
        return (("q:a", f"{encoding.quality:g}"),)
    return usual


def _flac_options(change: SampleChange, encoding: Encoding) -> Options:
    level = () if encoding.quality is None else (("compression_level", f"{encoding.quality:.0f}"),)
    frame = ("frame_size", "4096")  # else the size of the first packet becomes that of every block
    return (frame, *_depth(change), *level)


def _depth(change: SampleChange, planar: str = "") -> Options:
    if change.stored is SampleFormat.S16:
        return (("sample_fmt", f"s16{planar}"),)
    return (("sample_fmt", f"s32{planar}"), ("bits_per_raw_sample", "24"))


def _usual_bits(target: Format, rate: int, channels: int) -> int:
    """A channel's share; less at the lower rates, whose frames can't hold more."""
    if target is Format.OPUS:
        return 48_000 * channels
    if target is Format.MP3:
        a_channel = 96_000 if rate >= 32_000 else 48_000 if rate >= 16_000 else 32_000
    else:
        a_channel = 80_000 if rate >= 32_000 else 48_000 if rate >= 16_000 else 24_000
    return a_channel * channels
