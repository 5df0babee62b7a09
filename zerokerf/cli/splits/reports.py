"""What people read on stdout: tables of jobs and segments, and the proof that nothing was lost."""

from collections.abc import Iterable
from datetime import timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from rich.table import Table

from zerokerf.cli.quantities import format_duration, format_size
from zerokerf.cli.splits.modes import cut_words, output_words
from zerokerf.cli.terminal import console, printable, put
from zerokerf.requests import format_name
from zerokerf.states import state_name
from zerokerf.v1.batch_pb2 import BatchJob
from zerokerf.v1.priority_pb2 import PRIORITY_BULK
from zerokerf.v1.split_pb2 import PlannedSegment, Segment, Split, TranscriptFile
from zerokerf.v1.split_service_pb2 import PlanSplitResponse

Made = Split | PlanSplitResponse
Column = tuple[str, list[str]]

#: Those that only repeat what was asked for.
_PLAIN_REASONS = frozenset({"", "duration", "size", "part", "timestamp", "chapter", "cue", "end"})


def put_segments(split: Split) -> None:
    _put_columns([*_place_columns(split), *_file_columns(split), *_cut_columns(split)])
    put(totals_line(split))
    for note in split.notes:
        put(note)
    if line := _links_line(split):
        put(line)


def put_plan(plan: PlanSplitResponse) -> None:
    sizes = ("size", [_expected_size(segment) for segment in plan.segments])
    _put_columns([*_place_columns(plan), sizes, *_cut_columns(plan)])
    put(plan_line(plan))
    for note in plan.notes:
        put(note)


def put_jobs(splits: Iterable[Split]) -> None:
    table = open_table("id", "state", "%", "source", "created", right=0)
    for split in splits:
        table.add_row(
            split.id,
            state_name(split.state),
            str(split.progress.percent),
            printable(split.source.file_name),
            format_time(split.create_time),
        )
    console().print(table)


def put_job(split: Split) -> None:
    put(f"{split.id}: {state_name(split.state)}, {split.progress.percent}%")
    put(f"Cut {cut_words(split)}, created {format_time(split.create_time)}{bulk_words(split)}")
    if output := output_words(split):
        put(f"Segments {output}")
    if split.source.file_name:
        put(f"Source {_source_words(split)}")
    if split.HasField("error"):
        put(f"{split.error.reason}: {split.error.message}")
    if split.segments:
        put_segments(split)


def totals_line(split: Split) -> str:
    """Count, length and size of all segments, and whether they are the whole source, once."""
    size = format_size(sum(segment.size for segment in split.segments))
    samples = sum(segment.sample_count for segment in split.segments)
    proof = (
        f"sum of segments = source: {samples} samples"
        if is_whole(split)
        else f"the segments hold {samples} samples and the source {split.source.sample_count}"
    )
    return f"{_count_words(split)}, {size}; {proof}."


def plan_line(plan: PlanSplitResponse) -> str:
    """Count, length and size of all segments, and how they would be made."""
    sizes = [segment.expected_size for segment in plan.segments if segment.HasField("expected_size")]
    about = "" if all(segment.size_is_exact for segment in plan.segments) else "about "
    size = f", {about}{format_size(sum(sizes))}" if len(sizes) == len(plan.segments) else ""
    name = format_name(plan.output_format)
    how = f"{name} frames would be copied" if plan.copies_frames else f"would be encoded as {name}"
    return f"{_count_words(plan)}{size}; {how}."


def is_whole(split: Made) -> bool:
    """Whether the segments follow each other without gap or overlap from the first sample to the last."""
    position = 0
    for segment in split.segments:
        if segment.first_sample != position:
            return False
        position += segment.sample_count
    return position == split.source.sample_count


def _links_line(split: Split) -> str:
    """Whether there still is something to fetch, and until when; empty where nothing is known of that."""
    files: list[Segment | TranscriptFile] = [*split.segments, *split.transcripts]
    if not all(file.download_url for file in files):
        return "The files are not kept any more: only this record of them stays."
    ends = [file.expire_time for file in files if file.HasField("expire_time")]
    if not ends:
        return ""
    first = format_time(min(ends, key=Timestamp.ToNanoseconds))
    return f"Links work until {first}; 'zerokerf jobs show {split.id}' makes fresh ones while files are kept."


def _count_words(made: Made) -> str:
    noun = "segment" if len(made.segments) == 1 else "segments"
    return f"{len(made.segments)} {noun}, {format_duration(made.source.duration.ToTimedelta())}"


def _place_columns(made: Made) -> list[Column]:
    segments = made.segments
    return [
        ("#", [str(segment.index) for segment in segments]),
        ("start", [_position(made, segment.first_sample) for segment in segments]),
        ("duration", [format_duration(segment.duration.ToTimedelta()) for segment in segments]),
    ]


def _file_columns(split: Split) -> list[Column]:
    return [
        ("size", [format_size(segment.size) for segment in split.segments]),
        ("sha256", [segment.sha256[:12] for segment in split.segments]),
        ("file", [printable(segment.file_name) for segment in split.segments]),
    ]


def _cut_columns(made: Made) -> list[Column]:
    """Why it was cut there and the titles, if there is more to say than what was asked for."""
    segments, columns = made.segments, []
    if any(segment.reason not in _PLAIN_REASONS or segment.shifted_samples for segment in segments):
        columns.append(("cut", [_reason(made, segment) for segment in segments]))
    if any(segment.title for segment in segments):
        columns.append(("title", [printable(segment.title) for segment in segments]))
    return columns


def _expected_size(segment: PlannedSegment) -> str:
    if not segment.HasField("expected_size"):
        return "?"
    about = "" if segment.size_is_exact else "~"
    return about + format_size(segment.expected_size)


def _reason(made: Made, segment: Segment | PlannedSegment) -> str:
    """And how far from the place that was asked for, as in "silence -0:00:01.250"."""
    words = [printable(segment.reason)]
    if segment.shifted_samples:
        sign = "-" if segment.shifted_samples < 0 else "+"
        words.append(sign + _position(made, abs(segment.shifted_samples)))
    return " ".join(words)


def _put_columns(columns: list[Column]) -> None:
    """Numbers first, which is what the first four are."""
    table = open_table(*(name for name, _ in columns), right=4)
    for row in zip(*(cells for _, cells in columns), strict=True):
        table.add_row(*row)
    console().print(table)


def open_table(*names: str, right: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for position, name in enumerate(names):
        table.add_column(name, justify="right" if position < right else "left", overflow="fold")
    return table


def _position(made: Made, samples: int) -> str:
    rate = made.source.sample_rate
    if not rate:
        return str(samples)
    return format_duration(timedelta(milliseconds=round(samples * 1000 / rate)))


def _source_words(split: Split) -> str:
    source = split.source
    words = [printable(source.file_name), format_size(source.size)]
    if source.HasField("duration"):
        words.append(format_duration(source.duration.ToTimedelta()))
    if source.sample_rate:
        words.append(f"{format_name(source.format)}, {source.sample_rate} Hz, channels: {source.channels}")
    return ", ".join(words)


def bulk_words(job: Split | BatchJob) -> str:
    """Empty for a job that somebody waits for."""
    return ", bulk" if job.priority == PRIORITY_BULK else ""


def format_time(time: Timestamp) -> str:
    return time.ToDatetime().strftime("%Y-%m-%d %H:%M:%SZ") if time.seconds else ""
