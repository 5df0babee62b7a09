"""The command that encodes one segment from exactly its own samples."""

from dataclasses import dataclass
from math import gcd
from pathlib import Path

import ffmpeg

from server.media.decoder import PROGRESS, QUIET, Decoder
from server.media.encoding.options import MUXERS, EncodePlan, output_samples, place
from server.media.pcm import Pcm
from zerokerf.formats import Format

_RESAMPLER_REACH = 128  # samples on either side that the resampler looks at, at the lower of both rates


@dataclass(frozen=True, slots=True)
class _Window:
    """What is read of the source, and which samples of the outcome are the segment."""

    begin: int
    end: int
    skipped: int
    kept: int


def encode_argv(
    pcm: Pcm, plan: EncodePlan, first_sample: int, sample_count: int, output: Path, decoder: Decoder
) -> list[str]:
    """Exact by count: the encoder is given the range's samples and nothing else."""
    window = _window(pcm, plan, first_sample, sample_count)
    options: dict[str, object] = {"f": MUXERS[plan.format], "acodec": plan.codec, **dict(plan.options)}
    if plan.format in (Format.OGG, Format.OPUS) and sample_count < 2 * pcm.sample_rate:
        # Readers misjudge the end of a stream of one page, and dislike a first page that gives no sound.
        options["page_duration"] = 40_000 if sample_count > pcm.sample_rate // 5 else 1  # us
    options |= {"threads": 1, "map_metadata": -1, "fflags": "+bitexact", **_filters(plan, window)}
    source = _source(pcm, plan, window)
    command = source["a:0"].output(f"file:{output.absolute()}", **options).global_args(*QUIET, *PROGRESS)
    argv: list[str] = command.compile(cmd=str(decoder.binary))
    return argv


def samples_argv(
    pcm: Pcm, plan: EncodePlan, first_sample: int, sample_count: int, decoder: Decoder
) -> list[str]:
    """The same for plain samples without a header, to standard output."""
    window = _window(pcm, plan, first_sample, sample_count)
    kind = plan.change.shape.sample_format
    options = {"f": kind.value, "acodec": kind.codec, "threads": 1, **_filters(plan, window)}
    command = _source(pcm, plan, window)["a:0"].output("pipe:1", **options).global_args(*QUIET)
    argv: list[str] = command.compile(cmd=str(decoder.binary))
    return argv


def _source(pcm: Pcm, plan: EncodePlan, window: _Window) -> ffmpeg.nodes.FilterableStream:
    begin, end = pcm.offset_of(window.begin), pcm.offset_of(window.end)
    return ffmpeg.input(
        f"subfile,,start,{begin},end,{end},,:{pcm.path.absolute()}",
        f=pcm.sample_format.value,
        ar=pcm.sample_rate,
        ch_layout=plan.change.input_layout,
        protocol_whitelist="file,subfile",
    )


def _window(pcm: Pcm, plan: EncodePlan, first_sample: int, sample_count: int) -> _Window:
    """For a resampler some more on both sides, so that segments in a row are the resampled whole: it starts
    where samples of both rates fall together, and hears what lies beyond the cuts."""
    end_sample = first_sample + sample_count
    if not plan.change.is_resampled:
        return _Window(first_sample, end_sample, 0, sample_count)
    reach = 2 * _RESAMPLER_REACH * max(1, -(-pcm.sample_rate // plan.sample_rate))
    step = pcm.sample_rate // gcd(pcm.sample_rate, plan.sample_rate)
    begin = max(0, first_sample - reach) // step * step
    skipped = place(plan, pcm, first_sample) - place(plan, pcm, begin)
    kept = output_samples(plan, pcm, first_sample, sample_count)
    return _Window(begin, min(pcm.sample_count, end_sample + reach), skipped, kept)


def _filters(plan: EncodePlan, window: _Window) -> dict[str, object]:
    filters = plan.change.filters
    if plan.change.is_resampled:
        end = window.skipped + window.kept
        trim = f"atrim=start_sample={window.skipped}:end_sample={end}"
        filters += (f"apad=whole_len={end}", trim, f"asettb=1/{plan.sample_rate}", "asetpts=N")
    return {"af": ",".join(filters)} if filters else {}
