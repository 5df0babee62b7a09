"""What people read on stdout of transcription jobs, their files and models."""

from collections.abc import Iterable, Sequence

from zerokerf.batch_states import state_name
from zerokerf.cli.quantities import format_duration, format_size
from zerokerf.cli.splits.reports import bulk_words, format_time, open_table
from zerokerf.cli.terminal import console, printable, put
from zerokerf.v1.batch_pb2 import BatchJob, BatchModel, TranscriptionConfig
from zerokerf.v1.batch_service_pb2 import GetBatchJobFilesResponse


def put_jobs(jobs: Iterable[BatchJob]) -> None:
    table = open_table("id", "state", "%", "source", "length", "created", right=0)
    for job in jobs:
        table.add_row(
            job.id,
            state_name(job.state),
            str(job.progress.percent),
            printable(job.input.file_name),
            _length(job),
            format_time(job.create_time),
        )
    console().print(table)


def put_job(job: BatchJob) -> None:
    put(f"{job.id}: {state_name(job.state)}, {job.progress.percent}%")
    created = f"created {format_time(job.create_time)}{bulk_words(job)}"
    put(f"Transcribed by {job.model_code}, {_wish_words(job)}, {created}")
    if job.input.file_name:
        put(f"Source {_source_words(job)}")
    if job.HasField("error"):
        put(f"{job.error.reason}: {job.error.message}")
    if job.HasField("output"):
        put(outcome_line(job))
    if line := gone_line(job):
        put(line)


def put_files(files: GetBatchJobFilesResponse) -> None:
    """A format and a link a line."""
    for file in (*files.inputs, *files.outputs):
        put(f"{file.format or 'recording':<9}  {file.download_url}")


def put_models(models: Sequence[BatchModel]) -> None:
    table = open_table("code", "model", "languages", "", right=0)
    for model in models:
        languages = " ".join(model.languages)
        table.add_row(model.code, model.model, printable(languages), "default" if model.is_default else "")
    console().print(table)


def outcome_line(job: BatchJob) -> str:
    words = job.output.word_count
    noun = "word" if words == 1 else "words"
    language = f" ({job.output.language})" if job.output.language else ""
    length = _length(job)
    return f"{words} {noun}{language}{f' in {length}' if length else ''}."


def gone_line(job: BatchJob) -> str:
    """Empty while its files are there."""
    if job.HasField("delete_time"):
        return f"Deleted {format_time(job.delete_time)}: only this record stays."
    if job.HasField("expire_time"):
        return (
            f"The files are not kept any more, since {format_time(job.expire_time)}: only this record stays."
        )
    return ""


def _length(job: BatchJob) -> str:
    return format_duration(job.input.duration.ToTimedelta()) if job.input.HasField("duration") else ""


def _wish_words(job: BatchJob) -> str:
    config = job.transcription_config
    words = [config.language]
    if config.operating_point == TranscriptionConfig.OPERATING_POINT_ENHANCED:
        words.append("enhanced")
    if config.diarization == TranscriptionConfig.DIARIZATION_CHANNEL:
        words.append("channels apart")
    if config.additional_vocab:
        words.append("with a vocabulary")
    return printable(", ".join(words))


def _source_words(job: BatchJob) -> str:
    source = job.input
    words = [printable(source.file_name), format_size(source.size), _length(job)]
    if source.sample_rate:
        words.append(f"{source.format}, {source.sample_rate} Hz, channels: {source.channels}")
    return ", ".join(filter(None, words))
