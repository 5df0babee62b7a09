"""What people read about a cut on this machine: where, why there, and how it was proven."""

from collections.abc import Sequence
from datetime import timedelta

from rich.table import Table

from server.media.manifest.document import Level, Likeness, Manifest, ManifestSegment, Method, SegmentProof
from server.media.plan.cuts import Cut
from server.media.preview import Preview, PreviewedSegment
from zerokerf.cli.quantities import format_duration, format_size
from zerokerf.cli.terminal import console, printable, put
from zerokerf.durations import milliseconds, segment_ms

_LEVELS = {
    Level.STRUCTURE: "frames counted",
    Level.EDGES: "both ends",
    Level.FULL: "every sample",
    Level.DECODED: "decoded",
}
_LIKENESSES = {Likeness.SAMPLES: " = source", Likeness.FRAMES: ": frames of the source", None: ""}
_LEFT = frozenset({"cut", "proof", "file", "title"})

Column = tuple[str, list[str]]


def put_manifest(manifest: Manifest) -> None:
    segments, rate = manifest.segments, manifest.source.sample_rate
    columns = _places(segments, rate)
    columns += [
        ("size", [format_size(segment.size_bytes) for segment in segments]),
        ("cut", [_reason(segment.reason, segment.shifted_samples, rate) for segment in segments]),
        ("proof", [proof_words(segment.proof) for segment in segments]),
        ("file", [printable(segment.file_name) for segment in segments]),
    ]
    _put_table(columns)
    samples = sum(segment.sample_count for segment in segments)
    size = format_size(sum(segment.size_bytes for segment in segments))
    put(f"{_total(segments, rate)}, {size}; sum of segments = source: {samples} samples.")
    put("Frames were copied." if manifest.output.method is Method.COPY else "Segments were encoded.")
    _put_notes(manifest.notes)


def put_plan(plan: Preview) -> None:
    cuts, rate = [segment.cut for segment in plan.segments], plan.making.sample_rate
    columns = _places(cuts, rate)
    columns += [
        ("size", [_expected(segment) for segment in plan.segments]),
        ("cut", [_reason(cut.reason, cut.shifted_samples, rate) for cut in cuts]),
    ]
    if any(cut.title for cut in cuts):
        columns.append(("title", [printable(cut.title or "") for cut in cuts]))
    _put_table(columns)
    put(f"{_total(cuts, rate)}, {_expected_sum(plan.segments)}; nothing was written.")
    put("Frames will be copied." if plan.copies_frames else "Segments will be encoded.")
    _put_notes(plan.notes)


def proof_words(proof: SegmentProof) -> str:
    return f"{_LEVELS[proof.level]}{_LIKENESSES[proof.likeness]}"


def _places(spans: Sequence[Cut | ManifestSegment], rate: int) -> list[Column]:
    return [
        ("#", [str(number) for number in range(1, len(spans) + 1)]),
        ("start", [_clock(milliseconds(span.first_sample, rate)) for span in spans]),
        ("duration", [_clock(segment_ms(span.first_sample, span.sample_count, rate)) for span in spans]),
    ]


def _put_table(columns: Sequence[Column]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, _ in columns:
        table.add_column(name, justify="left" if name in _LEFT else "right", overflow="fold")
    for row in zip(*(cells for _, cells in columns), strict=True):
        table.add_row(*row)
    console().print(table)


def _put_notes(notes: Sequence[str]) -> None:
    for note in notes:
        put(note)


def _total(spans: Sequence[Cut | ManifestSegment], rate: int) -> str:
    noun = "segment" if len(spans) == 1 else "segments"
    return f"{len(spans)} {noun}, {_clock(milliseconds(sum(span.sample_count for span in spans), rate))}"


def _reason(reason: str, shifted_samples: int, rate: int) -> str:
    """And how far from the place that was asked for, as in "silence -0:00:01.250"."""
    if not shifted_samples:
        return reason
    sign = "-" if shifted_samples < 0 else "+"
    return f"{reason} {sign}{_clock(milliseconds(abs(shifted_samples), rate))}"


def _expected(segment: PreviewedSegment) -> str:
    if segment.expected_bytes is None:
        return "?"
    return f"{'' if segment.is_size_exact else '~'}{format_size(segment.expected_bytes)}"


def _expected_sum(segments: Sequence[PreviewedSegment]) -> str:
    sizes = [segment.expected_bytes for segment in segments if segment.expected_bytes is not None]
    if len(sizes) < len(segments):
        return "of a size that only encoding tells"
    about = "" if all(segment.is_size_exact for segment in segments) else "about "
    return f"{about}{format_size(sum(sizes))}"


def _clock(milliseconds: int) -> str:
    return format_duration(timedelta(milliseconds=milliseconds))
