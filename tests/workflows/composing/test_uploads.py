"""Uploads are cut where they lie, and brought in where that cannot be."""

from dataclasses import replace
from pathlib import Path

import pytest

from server.jobs.model import Progress, SourceFacts, SplitJob, SplitRequest
from server.workflows.reporter import Reporter
from storage.keys import source_key, upload_data_key
from tests.storage.content import read
from tests.workflows.composing.house import SECOND_NS, House, Refusing, wav
from zerokerf.errors import FileTooLarge, ObjectNotFound


async def uploaded(house: House, source: Path) -> SplitJob:
    upload = await house.uploads.create("acc_a", "talk.wav", "audio/wav")
    await house.store.put(upload_data_key("acc_a", upload.id), source, content_type="audio/wav")
    request = SplitRequest(upload_id=upload.id, segment_ns=2 * SECOND_NS)
    job = await house.records.create("acc_a", request, None)
    await house.records.begin(job.id)
    facts = await house.composing.left_in_place(job, house.uploads, 1 << 40)
    assert facts == SourceFacts(file_name="talk.wav", size_bytes=source.stat().st_size, sha256="")
    return await house.records.record_source(job.id, facts)


async def test_an_upload_is_cut_where_it_lies(house: House, tmp_path: Path) -> None:
    source = wav(tmp_path, 5)
    job = await uploaded(house, source)

    async with house.scratch.folder(job.id) as folder:
        assert await house.compose(job, folder)

    with pytest.raises(ObjectNotFound):
        await house.store.head(source_key("acc_a", job.id))
    assert await house.files(job) == await house.files(
        await house.sent(source, SplitRequest(source_url="https://example.org", segment_ns=2 * SECOND_NS))
    )


async def test_an_upload_that_cannot_be_cut_there_is_brought_in(house: House, tmp_path: Path) -> None:
    source = wav(tmp_path, 5)
    house = replace(house, composing=replace(house.composing, composer=Refusing()))
    job = await uploaded(house, source)
    async with house.scratch.folder(job.id) as folder:
        assert not await house.compose(job, folder)
        sink = house.cutting.sink(job, folder, Reporter(house.records, job.id, Progress()))

        await house.composing.bring(job, house.uploads, sink)

    assert await read(house.store, source_key("acc_a", job.id)) == source.read_bytes()


async def test_an_upload_over_the_limit_is_refused(house: House, tmp_path: Path) -> None:
    job = await uploaded(house, wav(tmp_path, 4))
    with pytest.raises(FileTooLarge):
        await house.composing.left_in_place(job, house.uploads, 1000)
