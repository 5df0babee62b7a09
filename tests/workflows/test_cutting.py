"""A job's way from its source to stored segments, when a copy of frames turns out not to be exact."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete

from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.database.tables import split_segments
from server.jobs.model import SourceFacts, SplitJob, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.media.copying.mp3.cut import open_mp3
from server.media.cutter import Tools
from server.media.decoder import find_decoder
from server.media.facts import MediaLimits
from server.media.open_cutter import ENCODED_AGAIN
from server.media.probing.prober import start_prober
from server.workflows.cutting import Cutting
from server.workflows.reporter import Reporter
from server.workflows.scratch import open_scratch
from storage.interface import ObjectInfo, Source
from storage.keys import segment_key
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

    await cut(cutting, job, source, tmp_path / "scratch")
    done = await cutting.records.complete(job.id)

    segments = await cutting.records.segments(job.id)
    assert done.notes[0].startswith(ENCODED_AGAIN)
    assert len(segments) == 2
    assert abs(segments[1].first_sample - first) <= 1
    stored = [info.key async for info in cutting.store.list("")]
    assert len(stored) == 2


async def test_a_later_try_goes_on_as_the_earlier_one_had_to(
    cutting: Cutting, database: Database, tmp_path: Path
) -> None:
    source, first = spliced_where_a_copy_is_damaged(tmp_path)
    job = await begun(cutting.records, first)
    await cut(cutting, job, source, tmp_path / "one")
    made = await cutting.records.segments(job.id)
    await lose_last_segment(cutting, database, job)

    resumed, store = await cutting.records.load(job.id), NotedStore()
    assert resumed is not None
    await cut(replace(cutting, store=store), resumed, source, tmp_path / "another")

    again = await cutting.records.segments(job.id)
    assert [segment.sha256 for segment in again] == [segment.sha256 for segment in made]
    assert store.put_keys == [segment_key(job.account_id, job.id, 1, "mp3")]


class NotedStore(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.put_keys: list[str] = []

    async def put(
        self, key: str, source: Source, *, content_type: str, if_absent: bool = False
    ) -> ObjectInfo:
        self.put_keys.append(key)
        return await super().put(key, source, content_type=content_type, if_absent=if_absent)


async def cut(cutting: Cutting, job: SplitJob, source: Path, folder: Path) -> None:
    reporter = Reporter(cutting.records, job.id, job.progress)
    with open_scratch(folder, 2**30) as scratch:
        async with scratch.folder(job.id) as work:
            await cutting.run(job, source, work, reporter)


async def lose_last_segment(cutting: Cutting, database: Database, job: SplitJob) -> None:
    """As a worker leaves a job that is killed before its last segment."""
    await cutting.store.delete(segment_key(job.account_id, job.id, 1, "mp3"))
    mine = split_segments.c.job_id == job.id, split_segments.c.index == 1
    async with database.writing() as connection:
        await connection.execute(delete(split_segments).where(*mine))
