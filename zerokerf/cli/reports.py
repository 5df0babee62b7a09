"""What people read on stdout: tables of jobs and segments, and the proof that nothing was lost."""

from collections.abc import Iterable
from datetime import timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from rich.table import Table

from zerokerf.cli.quantities import format_duration, format_size
from zerokerf.cli.terminal import console, printable, put
from zerokerf.requests import format_name
from zerokerf.states import state_name
from zerokerf.v1.split_pb2 import Segment, Split


def put_segments(split: Split) -> None:
    table = _table("#", "start", "duration", "size", "sha256", "file", right=4)
    for segment in split.segments:
        table.add_row(
            str(segment.index),
            _start(split, segment),
            format_duration(segment.duration.ToTimedelta()),
            format_size(segment.size),
            segment.sha256[:12],
            printable(segment.file_name),
        )
    console().print(table)
    put(totals_line(split))
    for note in split.notes:
        put(note)


def put_jobs(splits: Iterable[Split]) -> None:
    table = _table("id", "state", "%", "source", "created", right=0)
    for split in splits:
        table.add_row(
            split.id,
            state_name(split.state),
            str(split.progress.percent),
            printable(split.source.file_name),
            _time(split.create_time),
        )
    console().print(table)


def put_job(split: Split) -> None:
    put(f"{split.id}: {state_name(split.state)}, {split.progress.percent}%")
    put(f"Cut {_mode_words(split)}, created {_time(split.create_time)}")
    if split.source.file_name:
        put(f"Source {_source_words(split)}")
    if split.HasField("error"):
        put(f"{split.error.reason}: {split.error.message}")
    if split.segments:
        put_segments(split)


def totals_line(split: Split) -> str:
    """Count, length and size of all segments, and whether they are the whole source, once."""
    total = format_duration(split.source.duration.ToTimedelta())
    size = format_size(sum(segment.size for segment in split.segments))
    samples = sum(segment.sample_count for segment in split.segments)
    proof = (
        f"sum of segments = source: {samples} samples"
        if is_whole(split)
        else f"the segments hold {samples} samples and the source {split.source.sample_count}"
    )
    noun = "segment" if len(split.segments) == 1 else "segments"
    return f"{len(split.segments)} {noun}, {total}, {size}; {proof}."


def is_whole(split: Split) -> bool:
    """Whether the segments follow each other without gap or overlap from the first sample to the last."""
    position = 0
    for segment in split.segments:
        if segment.first_sample != position:
            return False
        position += segment.sample_count
    return position == split.source.sample_count


def _table(*names: str, right: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for position, name in enumerate(names):
        table.add_column(name, justify="right" if position < right else "left", overflow="fold")
    return table


def _start(split: Split, segment: Segment) -> str:
    rate = split.source.sample_rate
    if not rate:
        return str(segment.first_sample)
    milliseconds = round(segment.first_sample * 1000 / rate)
    return format_duration(timedelta(milliseconds=milliseconds))


def _mode_words(split: Split) -> str:
    if split.mode.WhichOneof("mode") == "file_size":
        return f"to at most {format_size(split.mode.file_size.max_file_size)}"
    return f"every {format_duration(split.mode.duration.segment_duration.ToTimedelta())}"


def _source_words(split: Split) -> str:
    source = split.source
    words = [printable(source.file_name), format_size(source.size)]
    if source.HasField("duration"):
        words.append(format_duration(source.duration.ToTimedelta()))
    if source.sample_rate:
        words.append(f"{format_name(source.format)}, {source.sample_rate} Hz, channels: {source.channels}")
    return ", ".join(words)


def _time(time: Timestamp) -> str:
    return time.ToDatetime().strftime("%Y-%m-%d %H:%M:%SZ") if time.seconds else ""
