"""Segments that the store makes of its own bytes, beside those that a worker makes and sends."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from server.jobs.model import Progress, SplitRequest, StoredSegment
from server.jobs.splits.manifest import manifest_json
from server.media.manifest.check import reprove
from server.media.manifest.document import from_json
from server.workflows.composing.cutter import suits
from server.workflows.reporter import Reporter
from storage.compose import Composer, Composition
from storage.interface import ObjectInfo
from storage.keys import segment_key, source_key
from storage.s3 import S3Store
from tests.workflows.composing.house import (
    BLOCK,
    MIB,
    RATE,
    SECOND_NS,
    Garbling,
    House,
    Make,
    Refusing,
    Spoiling,
    tagged_wav,
    w64,
    wav,
)
from zerokerf.errors import ObjectDamaged


def without_proof(segment: StoredSegment) -> StoredSegment:
    told = dict(segment.manifest_entry or {})
    for name in ("sha256", "proof", "fileName"):
        del told[name]
    return replace(segment, sha256="", manifest_entry=told)


REQUESTS = {
    "duration": SplitRequest(segment_ns=2 * SECOND_NS),
    "parts": SplitRequest(parts=3, output_format="wav"),
    "overlap": SplitRequest(segment_ns=2 * SECOND_NS, overlap_ns=SECOND_NS // 7),
    "timestamps": SplitRequest(timestamps_ns=(SECOND_NS // 9, 2_345_678_901, 5 * SECOND_NS + 1)),
    "size": SplitRequest(max_file_size=12_345_678),
    "titles": SplitRequest(
        segment_ns=2 * SECOND_NS, tag_policy="template", title_template="Part {n} of {count}"
    ),
}


CASES = [(wav, name) for name in REQUESTS] + [(tagged_wav, "titles"), (w64, "overlap")]


@pytest.mark.parametrize(("make", "request_name"), CASES)
async def test_composed_segments_are_those_that_would_have_been_sent(
    house: House, tmp_path: Path, make: Make, request_name: str
) -> None:
    source = make(tmp_path, 5.5)
    request = replace(REQUESTS[request_name], source_url="https://example.org/a.wav")

    composed = await house.composed(source, request)

    sent = await house.sent(source, request)
    assert composed is not None
    assert await house.files(composed) == await house.files(sent)
    ours, theirs = await house.records.segments(composed.id), await house.records.segments(sent.id)
    assert list(map(without_proof, ours)) == list(map(without_proof, theirs))
    assert any(segment.sha256 == "" for segment in ours)
    done = [await house.records.complete(job.id) for job in (composed, sent)]
    assert done[0].notes == done[1].notes


async def test_the_manifest_says_how_a_composed_segment_was_proven(house: House, tmp_path: Path) -> None:
    source = wav(tmp_path, 5)
    request = SplitRequest(source_url="https://example.org/a.wav", segment_ns=2 * SECOND_NS)

    job = await house.composed(source, request)

    assert job is not None
    done = await house.records.complete(job.id)
    manifest = from_json(manifest_json(done, await house.records.segments(job.id)).encode())
    first, _, last = manifest.segments
    assert manifest.source.sha256 is None
    assert (first.sha256, last.proof.composed) == (None, None)
    assert last.sha256 is not None
    assert first.proof.composed is not None
    stored = await house.store.head(segment_key("acc_a", job.id, 0, "wav"))
    assert first.proof.composed.etag == stored.etag
    assert first.proof.composed.source_bytes == 2 * RATE * BLOCK
    assert first.proof.composed.compared_bytes == 1 << 18
    for segment, content in zip(manifest.segments, await house.files(job), strict=True):
        (tmp_path / segment.file_name).write_bytes(content)
    assert list(reprove(manifest, tmp_path)) == [None] * 4


async def test_a_later_try_makes_only_what_is_missing(house: House, tmp_path: Path) -> None:
    source = wav(tmp_path, 5)
    job = await house.job(
        source, SplitRequest(source_url="https://example.org/a.wav", segment_ns=2 * SECOND_NS)
    )
    async with house.scratch.folder(job.id) as folder:
        assert await house.compose(job, folder)
    before = [await house.store.head(segment_key("acc_a", job.id, index, "wav")) for index in range(3)]

    async with house.scratch.folder(job.id) as folder:
        assert await house.compose(job, folder)

    after = [await house.store.head(segment_key("acc_a", job.id, index, "wav")) for index in range(3)]
    assert [info.modified for info in after] == [info.modified for info in before]


async def test_segments_of_two_sources_never_meet(house: House, tmp_path: Path) -> None:
    source = wav(tmp_path, 5)
    request = SplitRequest(source_url="https://example.org/a.wav", segment_ns=2 * SECOND_NS)
    job = await house.job(source, request)
    async with house.scratch.folder(job.id) as folder:
        assert await house.compose(job, folder)
    changed = source.read_bytes()[:-1] + b"?"
    await house.store.put(source_key("acc_a", job.id), changed, content_type="audio/wav")

    async with house.scratch.folder(job.id) as folder:
        with pytest.raises(ObjectDamaged):
            await house.compose(job, folder)


@pytest.mark.parametrize("composer", ["spoiling", "garbling", "refusing"])
async def test_what_cannot_be_composed_or_proven_is_sent(house: House, tmp_path: Path, composer: str) -> None:
    source = wav(tmp_path, 4.5)
    request = SplitRequest(source_url="https://example.org/a.wav", parts=2)
    bad: dict[str, Composer] = {
        "spoiling": Spoiling(house.store, by_bytes=-4),
        "garbling": Garbling(house.store),
        "refusing": Refusing(),
    }
    house = replace(house, composing=replace(house.composing, composer=bad[composer]))
    job = await house.job(source, request)

    async with house.scratch.folder(job.id) as folder:
        assert not await house.compose(job, folder)
        await house.cutting.run(job, source, folder, Reporter(house.records, job.id, Progress()))

    await house.records.complete(job.id)
    assert await house.files(job) == await house.files(await house.sent(source, request))
    assert all(segment.sha256 for segment in await house.records.segments(job.id))


class Changing:
    """A composer just before whose call somebody puts another object in the source's place."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def compose(self, key: str, composition: Composition, *, content_type: str) -> ObjectInfo:
        other = bytes(composition.body.offset + composition.body.size_bytes)
        await self._store.put(composition.body.key, other, content_type=content_type)
        return await self._store.compose(key, composition, content_type=content_type)


async def test_a_source_that_changes_under_way_ends_the_work(house: House, tmp_path: Path) -> None:
    source = wav(tmp_path, 4.5)
    house = replace(house, composing=replace(house.composing, composer=Changing(house.store)))
    with pytest.raises(ObjectDamaged):
        await house.composed(source, SplitRequest(source_url="https://example.org/a.wav", parts=2))


@pytest.mark.parametrize("content", [b"RIFF", b"RIFF\0\0\0\0WAVE" + bytes(25 * MIB), b"\xff" * 25 * MIB])
async def test_what_is_no_recording_is_left_to_the_usual_way(
    house: House, tmp_path: Path, content: bytes
) -> None:
    source = tmp_path / "source.wav"
    source.write_bytes(content)
    request = SplitRequest(source_url="https://example.org/a.wav", parts=2)
    assert await house.composed(source, request) is None


@pytest.mark.parametrize(
    "request_",
    [
        SplitRequest(parts=2, output_format="mp3"),
        SplitRequest(parts=2, verification="full"),
        SplitRequest(min_silence_ns=SECOND_NS, max_segment_ns=60 * SECOND_NS),
        SplitRequest(segment_ns=60 * SECOND_NS, snap_window_ns=SECOND_NS),
    ],
)
def test_what_has_to_be_heard_or_encoded_is_not_composed(request_: SplitRequest) -> None:
    assert not suits(request_)


async def test_many_short_segments_are_left_to_the_usual_way(house: House, tmp_path: Path) -> None:
    request = SplitRequest(source_url="https://example.org/a.wav", segment_ns=SECOND_NS)
    assert await house.composed(wav(tmp_path, 4.5), request) is None


async def test_cancelled_work_leaves_no_upload_and_no_file(house: House, tmp_path: Path) -> None:
    source = wav(tmp_path, 7)
    job = await house.job(source, SplitRequest(source_url="https://example.org/a.wav", parts=2))
    async with house.scratch.folder(job.id) as folder:
        work = asyncio.create_task(house.compose(job, folder))
        async with asyncio.timeout(10):
            while not any(folder.path.glob("*.composed.wav")):  # noqa: ASYNC110 - files tell nobody
                await asyncio.sleep(0.005)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert list(folder.path.iterdir()) == []
