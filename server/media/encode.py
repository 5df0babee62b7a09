"""How each format is written: encoder, options, and what the format can't carry and so has to change."""

from dataclasses import dataclass
from pathlib import Path

import ffmpeg

from server.media.decoder import PROGRESS, QUIET, Decoder
from server.media.pcm import Pcm, SampleFormat
from server.media.plan import divide_rounding
from zerokerf.encoding import Encoding, check_encoding
from zerokerf.formats import Format

_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_AAC_RATES = (7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_VORBIS_RATES = (*_AAC_RATES, 176400, 192000)
_MAX_CHANNELS = {Format.MP3: 2, Format.AAC: 6}
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_MUXERS = {
    Format.MP3: "mp3",
    Format.WAV: "wav",
    Format.FLAC: "flac",
    Format.OGG: "ogg",
    Format.OPUS: "ogg",
    Format.AAC: "adts",
    Format.M4A: "ipod",
}
Options = tuple[tuple[str, str], ...]

#: The demuxer that reads each format back.
DEMUXERS = {**_MUXERS, Format.AAC: "aac", Format.M4A: "mov"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodePlan:
    """How the segments of one job are written. `notes` are sentences about what had to change."""

    format: Format
    codec: str
    options: Options
    sample_rate: int
    channels: int
    is_lossless: bool
    notes: tuple[str, ...] = ()


def plan_encode(
    pcm: Pcm, target: Format, source_codec: str = "", encoding: Encoding | None = None
) -> EncodePlan:
    """The field's usual settings. Rate and channels stay the source's wherever the format can carry them.

    Raises InvalidParams for what the format cannot give this source.
    """
    check_encoding(encoding or Encoding(), target)
    is_alac = target is Format.M4A and source_codec == "alac"
    rate = pcm.sample_rate if is_alac else _rate_for(target, pcm.sample_rate)
    channels = pcm.channels if pcm.channels <= _MAX_CHANNELS.get(target, 8) else 2
    codec, options = _codec(pcm, target, rate, channels, source_codec)
    is_whole = rate == pcm.sample_rate and channels == pcm.channels
    return EncodePlan(
        format=target,
        codec=codec,
        options=options,
        sample_rate=rate,
        channels=channels,
        is_lossless=is_whole and (target is Format.WAV or _keeps_every_bit(codec, pcm.sample_format)),
        notes=_notes(pcm, target, rate, channels, codec),
    )


def output_samples(plan: EncodePlan, pcm: Pcm, first_sample: int, sample_count: int) -> int:
    """How many samples a segment has at the output's rate; segments in a row add up to the whole."""
    if plan.sample_rate == pcm.sample_rate:
        return sample_count
    end = divide_rounding((first_sample + sample_count) * plan.sample_rate, pcm.sample_rate)
    return end - divide_rounding(first_sample * plan.sample_rate, pcm.sample_rate)


def excess_samples(plan: EncodePlan, samples: int) -> int:
    """What a decoder adds because the format has no field to hide it: ADTS keeps the encoder's first frame
    and fills the last one."""
    if plan.format is not Format.AAC:
        return 0
    return (-(-samples // 1024) + 1) * 1024 - samples


def encode_argv(
    pcm: Pcm, plan: EncodePlan, first_sample: int, sample_count: int, output: Path, decoder: Decoder
) -> list[str]:
    """Exact by count: the encoder is given the range's bytes and nothing else."""
    begin, end = pcm.offset_of(first_sample), pcm.offset_of(first_sample + sample_count)
    source = ffmpeg.input(
        f"subfile,,start,{begin},end,{end},,:{pcm.path.absolute()}",
        f=pcm.sample_format.value,
        ar=pcm.sample_rate,
        ch_layout=_LAYOUTS[pcm.channels],
        protocol_whitelist="file,subfile",
    )
    samples = output_samples(plan, pcm, first_sample, sample_count)
    options: dict[str, object] = {"f": _MUXERS[plan.format], "acodec": plan.codec, **dict(plan.options)}
    if plan.format in (Format.OGG, Format.OPUS) and sample_count < 2 * pcm.sample_rate:
        options["page_duration"] = 1  # one packet a page: readers misjudge the end of a stream of one page
    if plan.channels != pcm.channels:
        options["ac"] = plan.channels
    if plan.sample_rate != pcm.sample_rate:
        options["af"] = f"aresample={plan.sample_rate},apad=whole_len={samples},atrim=end_sample={samples}"
    options |= {"threads": 1, "map_metadata": -1, "fflags": "+bitexact"}
    command = source["a:0"].output(f"file:{output.absolute()}", **options).global_args(*QUIET, *PROGRESS)
    argv: list[str] = command.compile(cmd=str(decoder.binary))
    return argv


def _codec(pcm: Pcm, target: Format, rate: int, channels: int, source_codec: str) -> tuple[str, Options]:
    """Encoder and its options."""
    if target is Format.WAV:
        return pcm.sample_format.codec, ()
    if target is Format.FLAC:
        return "flac", _flac_options(pcm.sample_format)
    if target is Format.M4A and source_codec == "alac":
        return "alac", (*_alac_options(pcm.sample_format), ("movie_timescale", str(rate)))
    return _lossy_codec(target, rate, channels)


def _lossy_codec(target: Format, rate: int, channels: int) -> tuple[str, Options]:
    if target is Format.OGG:
        return "libvorbis", (("q:a", "5"),)
    if target is Format.OPUS:
        mapping = (("mapping_family", "1"),) if channels > 2 else ()
        return "libopus", (("b:a", str(48_000 * channels)), *mapping)
    if target is Format.MP3:
        return "libmp3lame", (("b:a", str(_mp3_bits(rate, channels))), ("id3v2_version", "0"))
    # A coarser time scale rounds the edit list by several samples.
    scale = (("movie_timescale", str(rate)),) if target is Format.M4A else ()
    # Without aac_pns=0 the decoder fills in random noise, different after every later cut.
    return "aac", (("b:a", str(_aac_bits(rate, channels))), ("aac_pns", "0"), *scale)


def _flac_options(sample_format: SampleFormat) -> Options:
    frame = ("frame_size", "4096")  # else the size of the first packet becomes that of every block
    if sample_format in (SampleFormat.U8, SampleFormat.S16):
        return (frame, ("sample_fmt", "s16"))
    return (frame, ("sample_fmt", "s32"), ("bits_per_raw_sample", "24"))  # few can read 32 bit FLAC


def _alac_options(sample_format: SampleFormat) -> Options:
    if sample_format in (SampleFormat.U8, SampleFormat.S16):
        return (("sample_fmt", "s16p"),)
    return (("sample_fmt", "s32p"), ("bits_per_raw_sample", "24"))


def _keeps_every_bit(codec: str, sample_format: SampleFormat) -> bool:
    """Both lossless codecs are written with at most 24 bit integers."""
    return codec in ("flac", "alac") and sample_format.sample_bytes <= 3


def _mp3_bits(rate: int, channels: int) -> int:
    """96 kbit/s a channel; half and a third at the lower rates, whose frames can't hold more."""
    a_channel = 96_000 if rate >= 32_000 else 48_000 if rate >= 16_000 else 32_000
    return a_channel * channels


def _aac_bits(rate: int, channels: int) -> int:
    a_channel = 80_000 if rate >= 32_000 else 48_000 if rate >= 16_000 else 24_000
    return a_channel * channels


def _rate_for(target: Format, rate: int) -> int:
    if target is Format.OPUS:
        return 48_000
    rates = {
        Format.MP3: _MP3_RATES,
        Format.AAC: _AAC_RATES,
        Format.M4A: _AAC_RATES,
        Format.OGG: _VORBIS_RATES if rate > 192_000 else (rate,),
    }.get(target, (rate,))
    if rate in rates:
        return rate
    whole_steps = [known for known in rates if rate % known == 0 and known >= 32_000]
    higher = [known for known in rates if known > rate]
    return max(whole_steps) if whole_steps else min(higher, default=rates[-1])


def _notes(pcm: Pcm, target: Format, rate: int, channels: int, codec: str) -> tuple[str, ...]:
    notes = []
    if channels != pcm.channels:
        notes.append(f"{pcm.channels} channels were mixed down to {channels}, all that {target} gets here.")
    if rate != pcm.sample_rate:
        notes.append(f"{pcm.sample_rate} Hz were resampled to {rate} Hz, the nearest rate that {target} has.")
    if codec in ("flac", "alac") and not _keeps_every_bit(codec, pcm.sample_format):
        notes.append(f"Samples of {pcm.sample_format} were stored as 24 bit integers.")
    return tuple(notes)
