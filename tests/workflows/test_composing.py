"""Segments that the store makes of its own bytes, beside those that a worker makes and sends."""

import asyncio
import random
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from server.database.migrate import migrate
from server.database.open import open_database
from server.jobs.manifest import manifest_json
from server.jobs.model import Progress, SourceFacts, SplitJob, SplitRequest, StoredSegment
from server.jobs.split_records import SplitRecords
from server.jobs.wakeups_in_process import InProcessWakeups
from server.media.cutter import Tools
from server.media.decoder import find_decoder
from server.media.facts import MediaLimits
from server.media.manifest import from_json
from server.media.manifest_check import reprove
from server.media.prober import start_prober
from server.media.wav import build_header
from server.uploads.uploads import Uploads
from server.workflows.composing import Composing, suits
from server.workflows.cutting import Cutting
from server.workflows.reporter import Reporter
from server.workflows.scratch import Scratch, ScratchFolder, open_scratch
from storage.address import parse_address
from storage.compose import LEAST_PART_BYTES, CannotCompose, Composition
from storage.interface import ObjectInfo
from storage.keys import segment_key, source_key, upload_data_key
from storage.s3 import S3Store
from storage.s3_client import S3Address, S3Credentials, provider_of
from storage.signed_links import LocalSigner
from tests.services.seaweed import REGION, SeaweedServer, running_seaweed
from tests.storage.content import read
from zerokerf.errors import FileTooLarge, ObjectDamaged, ObjectNotFound

MIB = 1 << 20
#: 8 channels of 32 bits at 192 kHz: six megabytes a second, so that a second or two is a long segment.
RATE, CHANNELS, BLOCK = 192_000, 8, 32
SECOND_NS = 10**9
Make = Callable[[Path, float], Path]


@pytest.fixture(scope="module")
def seaweed() -> Iterator[SeaweedServer]:
    with running_seaweed() as server:
        yield server


@pytest.fixture
async def store(seaweed: SeaweedServer) -> AsyncIterator[S3Store]:
    url = f"s3+http://{seaweed.endpoint}/test-composing/{uuid.uuid4().hex}?region={REGION}"
    address = parse_address(url)
    assert isinstance(address, S3Address)
    credentials = provider_of(S3Credentials(seaweed.access_key, seaweed.secret_key))
    store = S3Store(address, credentials, copy_bytes=2 * LEAST_PART_BYTES)
    await store.check()
    yield store
    await store.aclose()


@dataclass(frozen=True, slots=True)
class House:
    """A worker's parts; each way has jobs of its own."""

    records: SplitRecords
    store: S3Store
    cutting: Cutting
    composing: Composing
    scratch: Scratch
    uploads: Uploads

    async def job(self, source: Path, request: SplitRequest) -> SplitJob:
        job = await self.records.create("acc_a", request, None)
        await self.records.begin(job.id)
        await self.store.put(source_key("acc_a", job.id), source, content_type="audio/wav")
        facts = SourceFacts(file_name="a.wav", size_bytes=source.stat().st_size, sha256="")
        return await self.records.record_source(job.id, facts)

    async def composed(self, source: Path, request: SplitRequest) -> SplitJob | None:
        job = await self.job(source, request)
        async with self.scratch.folder(job.id) as folder:
            return job if await self.compose(job, folder) else None

    async def compose(self, job: SplitJob, folder: ScratchFolder) -> bool:
        sink = self.cutting.sink(job, folder, Reporter(self.records, job.id, Progress()))
        return await self.composing.run(job, folder, sink)

    async def sent(self, source: Path, request: SplitRequest) -> SplitJob:
        job = await self.job(source, request)
        async with self.scratch.folder(job.id) as folder:
            reporter = Reporter(self.records, job.id, Progress())
            await self.cutting.run(job, source, folder, reporter)
        return job

    async def files(self, job: SplitJob) -> list[bytes]:
        segments = await self.records.segments(job.id)
        keys = [segment_key("acc_a", job.id, segment.index, "wav") for segment in segments]
        return [await read(self.store, key) for key in keys]


@pytest.fixture
async def house(store: S3Store, tmp_path: Path) -> AsyncIterator[House]:
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database, start_prober() as prober:
        await migrate(database)
        records = SplitRecords(database, InProcessWakeups())
        tools = Tools(find_decoder(), prober, MediaLimits(), 2)
        cutting = Cutting(records=records, store=store, tools=tools)
        composing = Composing(store, store, tools, least_bytes=2 * LEAST_PART_BYTES + 100)
        with open_scratch(tmp_path / "scratch", 2**30) as scratch:
            uploads = Uploads(database, store, LocalSigner("https://files.example", b"k" * 32), 1 << 40)
            yield House(records, store, cutting, composing, scratch, uploads)


def wav(folder: Path, seconds: float) -> Path:
    shape = (0x0001).to_bytes(2, "little") + CHANNELS.to_bytes(2, "little") + RATE.to_bytes(4, "little")
    shape += (RATE * BLOCK).to_bytes(4, "little") + BLOCK.to_bytes(2, "little") + (32).to_bytes(2, "little")
    samples = round(seconds * RATE)
    path = folder / "source.wav"
    path.write_bytes(build_header(shape, BLOCK, samples) + random.Random(samples).randbytes(samples * BLOCK))
    return path


def _tagged_wav(folder: Path, seconds: float) -> Path:
    """As ffmpeg writes it: other chunks before the samples, and names for the segments to inherit."""
    source, path = wav(folder, seconds), folder / "tagged.wav"
    names = ["-metadata", "title=A long talk", "-metadata", "artist=Somebody"]
    command = [str(find_decoder().binary), "-v", "error", "-i", str(source), "-c", "copy", *names]
    subprocess.run([*command, "-rf64", "never", str(path)], check=True)
    return path


def _w64(folder: Path, seconds: float) -> Path:
    source, path = wav(folder, seconds), folder / "source.w64"
    binary = str(find_decoder().binary)
    subprocess.run([binary, "-v", "error", "-i", str(source), "-c", "copy", str(path)], check=True)
    return path


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


CASES = [(wav, name) for name in REQUESTS] + [(_tagged_wav, "titles"), (_w64, "overlap")]


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


class Spoiling:
    """A composer whose server copies other bytes than it was asked for."""

    def __init__(self, store: S3Store, *, by_bytes: int) -> None:
        self._store = store
        self._by = by_bytes

    async def compose(self, key: str, composition: Composition, *, content_type: str) -> ObjectInfo:
        body = composition.body
        other = replace(composition, body=replace(body, offset=body.offset + self._by))
        return await self._store.compose(key, other, content_type=content_type)


class Refusing:
    async def compose(self, key: str, composition: Composition, *, content_type: str) -> ObjectInfo:
        raise CannotCompose


@pytest.mark.parametrize("composer", ["spoiling", "refusing"])
async def test_what_cannot_be_composed_or_proven_is_sent(house: House, tmp_path: Path, composer: str) -> None:
    source = wav(tmp_path, 4.5)
    request = SplitRequest(source_url="https://example.org/a.wav", parts=2)
    bad = Spoiling(house.store, by_bytes=-4) if composer == "spoiling" else Refusing()
    house = replace(house, composing=replace(house.composing, composer=bad))
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
