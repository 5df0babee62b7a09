"""How the segments of one job are encoded: as was asked, and as the format can."""

from dataclasses import dataclass

from server.media.encoding.codec import Options, codec_for
from server.media.encoding.samples import SampleChange, change_notes, change_samples
from server.media.pcm import Pcm
from server.media.plan.time import divide_rounding
from zerokerf.encoding import Encoding, check_bit_rate, check_encoding
from zerokerf.formats import Format

_USUAL = Encoding()

MUXERS = {
    Format.MP3: "mp3",
    Format.WAV: "wav",
    Format.FLAC: "flac",
    Format.OGG: "ogg",
    Format.OPUS: "ogg",
    Format.AAC: "adts",
    Format.M4A: "ipod",
}
#: The demuxer that reads each format back.
DEMUXERS = {**MUXERS, Format.AAC: "aac", Format.M4A: "mov"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodePlan:
    """How the segments of one job are written. `notes` are sentences about what had to change."""

    format: Format
    codec: str
    options: Options
    change: SampleChange
    notes: tuple[str, ...] = ()

    @property
    def sample_rate(self) -> int:
        return self.change.sample_rate

    @property
    def channels(self) -> int:
        return self.change.channels

    @property
    def is_lossless(self) -> bool:
        """The source's own samples can be had back from the segments."""
        return self.change.is_lossless

    @property
    def is_plain(self) -> bool:
        """The source's own bytes are what a segment holds: nothing to encode."""
        return self.format is Format.WAV and self.change.shape == self.change.source


def plan_encode(pcm: Pcm, target: Format, source_codec: str = "", encoding: Encoding = _USUAL) -> EncodePlan:
    """The field's usual settings where nothing else was asked for.

    Rate, channels and depth stay the source's wherever the format can carry them. Raises InvalidParams for
    what the format cannot have, with this source.
    """
    check_encoding(encoding, target)
    is_alac = target is Format.M4A and source_codec == "alac" and encoding.bit_rate is None
    change = change_samples(pcm, target, encoding, is_alac=is_alac)
    check_bit_rate(encoding.bit_rate, target, change.sample_rate, change.channels)
    codec, options = codec_for(change, target, encoding, is_alac=is_alac)
    return EncodePlan(
        format=target,
        codec=codec,
        options=options,
        change=change,
        notes=change_notes(change, target, encoding),
    )


def place(plan: EncodePlan, pcm: Pcm, sample: int) -> int:
    """Where a place of the source is on the output's time line."""
    return divide_rounding(sample * plan.sample_rate, pcm.sample_rate)


def output_samples(plan: EncodePlan, pcm: Pcm, first_sample: int, sample_count: int) -> int:
    """How many samples a segment has at the output's rate; segments in a row add up to the whole."""
    return place(plan, pcm, first_sample + sample_count) - place(plan, pcm, first_sample)


def excess_samples(plan: EncodePlan, samples: int) -> int:
    """What a decoder adds because the format has no field to hide it: ADTS keeps the encoder's first frame
    and fills the last one."""
    if plan.format is not Format.AAC:
        return 0
    return (-(-samples // 1024) + 1) * 1024 - samples
