"""What the events of a job say, in the words that people watch it by."""

from datetime import timedelta

from zerokerf import batch_states, states
from zerokerf.cli.jobs.pace import Event, Pace
from zerokerf.cli.quantities import format_duration, format_size
from zerokerf.enum_words import enum_word
from zerokerf.v1.batch_pb2 import BatchEvent, BatchJob, BatchProgress
from zerokerf.v1.split_pb2 import Split, SplitEvent, SplitProgress

_AT_WORK = {
    BatchJob.STATE_IN_PROGRESS: "preparing",
    BatchJob.STATE_DECODING: "transcribing",
    BatchJob.STATE_POST_PROCESSING: "writing",
}


def is_last(event: Event) -> bool:
    if isinstance(event, BatchEvent):
        return batch_states.is_final(event.state)
    return states.is_final(event.state)


def state_word(event: Event) -> str:
    if isinstance(event, BatchEvent):
        return batch_states.state_name(event.state)
    return states.state_name(event.state)


def job_title(event: Event) -> str:
    """What is being done, in one word."""
    if isinstance(event, BatchEvent):
        return _AT_WORK.get(event.state) or state_word(event)
    return _phase(event) or state_word(event)


def job_facts(progress: SplitProgress | BatchProgress, pace: Pace) -> str:
    """What is known: bytes, audio, speed, time left, parts."""
    facts = []
    if progress.bytes_total > progress.bytes_fetched > 0:
        facts.append(transfer_facts(progress.bytes_fetched, progress.bytes_total))
    elif progress.bytes_fetched:
        facts.append(format_size(progress.bytes_fetched))
    if progress.HasField("audio_total"):
        done, total = progress.audio_done.ToTimedelta(), progress.audio_total.ToTimedelta()
        facts.append(f"{format_duration(done)} of {format_duration(total)}")
    if pace.speed:
        facts.append(f"{pace.speed:.0f}\N{MULTIPLICATION SIGN} realtime")
    if pace.remaining is not None and pace.remaining >= timedelta(seconds=1):
        facts.append(f"{format_duration(pace.remaining).partition('.')[0]} left")
    if parts := _parts(progress):
        facts.append(parts)
    return ", ".join(facts)


def transfer_facts(done_bytes: int, total_bytes: int) -> str:
    return f"{format_size(done_bytes)} of {format_size(total_bytes)}"


def _phase(event: SplitEvent) -> str:
    phase = event.progress.phase
    if event.state != Split.STATE_PROCESSING or phase not in SplitProgress.Phase.values():
        return ""
    return enum_word(SplitProgress.Phase, "phase", phase) if phase else ""


def _parts(progress: SplitProgress | BatchProgress) -> str:
    if isinstance(progress, BatchProgress):
        return f"{progress.chunks_done} of {progress.chunks_total} chunks" if progress.chunks_total else ""
    done, total = progress.segments_done, progress.segments_total
    return f"{done} of {total} segments" if total else ""
