"""A job's way from its source to stored segments, when a copy of frames turns out not to be exact."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.jobs.model import Progress, SourceFacts, SplitJob, SplitRequest
from server.jobs.split_records import SplitRecords
from server.jobs.wakeups_in_process import InProcessWakeups
from server.media.copying.mp3_cut import open_mp3
from server.media.cutter import Tools
from server.media.decoder import find_decoder
from server.media.facts import MediaLimits
from server.media.open_cutter import ENCODED_AGAIN
from server.media.prober import start_prober
from server.workflows.cutting import Cutting
from server.workflows.reporter import Reporter
from server.workflows.scratch import open_scratch
from storage.memory import MemoryStore
from tests.media.copying.mp3_corpus import by_ffmpeg, frames_of, make_mp3

FRAME = 1152


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database:
        await migrate(database)
        yield database


@pytest.fixture
async def cutting(database: Database) -> AsyncIterator[Cutting]:
    records = SplitRecords(database, InProcessWakeups())
    async with start_prober() as prober:
        tools = Tools(find_decoder(), prober, MediaLimits(), 2)
        yield Cutting(records=records, store=MemoryStore(), tools=tools)


def spliced_where_a_copy_is_damaged(folder: Path) -> tuple[Path, int]:
    """Two recordings joined without care, and a sample at which no copied segment can begin unharmed."""
    binary = find_decoder().binary
    frames = frames_of(make_mp3(folder, binary, "cbr_no_info").read_bytes())
    path, segment = folder / "spliced.mp3", folder / "segment.mp3"
    first = FRAME * (68 + 2) + 500
    path.write_bytes(b"".join(frames[:68] + frames[129:]))
    open_mp3(path).write(first, 6000, segment)
    whole = by_ffmpeg(binary, path, 2)[first : first + 6000]
    assert not np.array_equal(by_ffmpeg(binary, segment, 2), whole), "this joint does no harm"
    return path, first


async def begun(records: SplitRecords, first: int) -> SplitJob:
    request = SplitRequest(source_url="https://example.org/a.mp3", timestamps_ns=(first * 10**9 // 44_100,))
    job = await records.create("acc_a", request, None)
    await records.begin(job.id)
    return await records.record_source(job.id, SourceFacts(file_name="a.mp3", size_bytes=1, sha256="0" * 64))


async def test_a_copy_that_is_not_exact_is_replaced_by_an_encoding(cutting: Cutting, tmp_path: Path) -> None:
    source, first = spliced_where_a_copy_is_damaged(tmp_path)
    job = await begun(cutting.records, first)
    reporter = Reporter(cutting.records, job.id, Progress())

    with open_scratch(tmp_path / "scratch", 2**30) as scratch:
        async with scratch.folder(job.id) as folder:
            await cutting.run(job, source, folder, reporter)
    done = await cutting.records.complete(job.id)

    segments = await cutting.records.segments(job.id)
    assert done.notes[0].startswith(ENCODED_AGAIN)
    assert len(segments) == 2
    assert abs(segments[1].first_sample - first) <= 1
    stored = [info.key async for info in cutting.store.list("")]
    assert len(stored) == 2
