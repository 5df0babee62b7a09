"""Tells the engine that an activity lives, and the job's watchers how far it is."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

import structlog
from temporalio import activity

from server.jobs.model import Phase, Progress
from server.jobs.records.jobs import JobRecords
from server.jobs.records.merging import merge_progress
from server.jobs.wanted import JobNoLongerWanted
from zerokerf.errors import ZerokerfError

TICK_S = 0.25
#: Then, at the next tick, a watcher hears something even when no number moves: within two seconds in all.
LONGEST_SILENCE_S = 1.25
SILENCE = timedelta(seconds=1)  # another worker on the same job may have been heard meanwhile

#: What share of the whole each phase has got done when it ends.
FETCHED_PERCENT = 15
DECODED_PERCENT = 35

log = structlog.get_logger()


class Counter(StrEnum):
    """In which number of the progress a step counts what it has got done."""

    JOB = "percent"
    #: Of jobs that do both at once.
    CUTTING = "cut_percent"
    HEARING = "heard_percent"


class Reporter:
    """Holds the newest progress; a task writes it down at a bounded rate."""

    def __init__(self, records: JobRecords[Any], job_id: str, progress: Progress) -> None:
        self._records = records
        self._job_id = job_id
        self._progress = progress
        self._counter = Counter.JOB
        self._resumed_samples = 0
        self._written = progress
        self._written_at = time.monotonic()
        self._stopped = asyncio.Event()

    @property
    def progress(self) -> Progress:
        return self._progress

    def count_in(self, counter: Counter) -> None:
        self._counter = counter

    def fetched(self, done_bytes: int, total_bytes: int | None) -> None:
        self._update(
            _share(0, FETCHED_PERCENT, done_bytes, total_bytes or 0),
            phase=Phase.FETCHING,
            bytes_fetched=done_bytes,
            bytes_total=total_bytes or 0,
        )

    def decoded(self, done_samples: int, expected_samples: int) -> None:
        self._update(
            _share(FETCHED_PERCENT, DECODED_PERCENT, done_samples, expected_samples), phase=Phase.DECODING
        )

    def counted(self, samples: int, sample_rate: int) -> None:
        self._update(DECODED_PERCENT, phase=Phase.CUTTING, samples_total=samples, sample_rate=sample_rate)

    def writing(self) -> None:
        self._update(self._percent, phase=Phase.WRITING)

    def resumed(self, samples: int, segments: int, segments_total: int) -> None:
        """This much was stored by an earlier try."""
        self._resumed_samples = samples
        self._update(
            self._cut_percent(samples),
            samples_done=samples,
            segments_done=segments,
            segments_total=segments_total,
        )

    def stored(self, samples: int) -> None:
        """A further segment is in the store."""
        done = self._progress.samples_done + samples
        self._update(
            self._cut_percent(done), samples_done=done, segments_done=self._progress.segments_done + 1
        )

    def seen(self, recorded: Progress) -> None:
        """What the record says by now: other workers may have stored segments too. It need not be written."""
        self._written, self._written_at = recorded, time.monotonic()
        self._progress = merge_progress(self._progress, recorded)
        self._update(self._cut_percent(self._progress.samples_done))

    def made(self, samples: int) -> None:
        """So much audio is in segments by now that are being made, or wait to be stored."""
        self._update(self._cut_percent(self._resumed_samples + samples))

    def _cut_percent(self, samples: int) -> int:
        share = _share(DECODED_PERCENT, 99, samples, self._progress.samples_total)
        return max(share, self._percent)

    @property
    def _percent(self) -> int:
        percent: int = getattr(self._progress, self._counter)
        return percent

    def _update(self, percent: int, **changes: object) -> None:
        changes[self._counter] = percent
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]  # names are ours, just above

    async def run(self) -> None:
        """Heartbeats and writes until stopped. Trouble with the records never stops the work itself."""
        while not await self._stopped_within(TICK_S):
            activity.heartbeat(self._progress.percent)
            is_silent = time.monotonic() - self._written_at > LONGEST_SILENCE_S
            if is_silent or self._progress != self._written:
                await self._write(is_silent=is_silent)

    def stop(self) -> None:
        """What is being written is finished: cut off in the middle, it would cost a database connection."""
        self._stopped.set()

    async def _stopped_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        return self._stopped.is_set()

    async def _write(self, *, is_silent: bool) -> None:
        progress = self._progress
        try:
            await self._records.record_progress(
                self._job_id, progress, unless_heard_within=SILENCE if is_silent else None
            )
        except JobNoLongerWanted:
            return  # the engine's own cancellation is on its way
        except ZerokerfError as error:
            log.warning("progress not written", action="progress", job_id=self._job_id, reason=error.reason)
            return
        self._written, self._written_at = progress, time.monotonic()


@asynccontextmanager
async def reporting(records: JobRecords[Any], job_id: str, progress: Progress) -> AsyncIterator[Reporter]:
    reporter = Reporter(records, job_id, progress)
    task = asyncio.create_task(reporter.run(), name=f"report-{job_id}")
    try:
        yield reporter
    finally:
        reporter.stop()
        await asyncio.gather(task, return_exceptions=True)


def _share(start: int, end: int, done: int, total: int) -> int:
    if total <= 0:
        return start
    return start + (end - start) * min(done, total) // total
