"""A worker's parts on a real S3 store, and recordings whose segments are long at once."""

import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from server.jobs.model import Progress, SourceFacts, SplitJob, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.media.decoder import find_decoder
from server.media.wav import build_header
from server.uploads.uploads import Uploads
from server.workflows.composing.cutter import Composing
from server.workflows.cutting import Cutting
from server.workflows.reporter import Reporter
from server.workflows.scratch import Scratch, ScratchFolder
from storage.compose import CannotCompose, Composition
from storage.interface import ObjectInfo
from storage.keys import segment_key, source_key
from storage.s3 import S3Store
from tests.storage.content import read

MIB = 1 << 20
#: 8 channels of 32 bits at 192 kHz: six megabytes a second, so that a second or two is a long segment.
RATE, CHANNELS, BLOCK = 192_000, 8, 32
SECOND_NS = 10**9
Make = Callable[[Path, float], Path]


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


def wav(folder: Path, seconds: float) -> Path:
    shape = (0x0001).to_bytes(2, "little") + CHANNELS.to_bytes(2, "little") + RATE.to_bytes(4, "little")
    shape += (RATE * BLOCK).to_bytes(4, "little") + BLOCK.to_bytes(2, "little") + (32).to_bytes(2, "little")
    samples = round(seconds * RATE)
    path = folder / "source.wav"
    path.write_bytes(build_header(shape, BLOCK, samples) + random.Random(samples).randbytes(samples * BLOCK))
    return path


def tagged_wav(folder: Path, seconds: float) -> Path:
    """As ffmpeg writes it: other chunks before the samples, and names for the segments to inherit."""
    source, path = wav(folder, seconds), folder / "tagged.wav"
    names = ["-metadata", "title=A long talk", "-metadata", "artist=Somebody"]
    command = [str(find_decoder().binary), "-v", "error", "-i", str(source), "-c", "copy", *names]
    subprocess.run([*command, "-rf64", "never", str(path)], check=True)
    return path


def w64(folder: Path, seconds: float) -> Path:
    source, path = wav(folder, seconds), folder / "source.w64"
    binary = str(find_decoder().binary)
    subprocess.run([binary, "-v", "error", "-i", str(source), "-c", "copy", str(path)], check=True)
    return path


class Refusing:
    async def compose(self, key: str, composition: Composition, *, content_type: str) -> ObjectInfo:
        raise CannotCompose


class Garbling:
    """A composer on whose way one byte of what is sent changes, far from both ends."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def compose(self, key: str, composition: Composition, *, content_type: str) -> ObjectInfo:
        head = bytearray(composition.head)
        head[len(head) // 2] ^= 1
        other = replace(composition, head=bytes(head))
        return await self._store.compose(key, other, content_type=content_type)


class Spoiling:
    """A composer whose server copies other bytes than it was asked for."""

    def __init__(self, store: S3Store, *, by_bytes: int) -> None:
        self._store = store
        self._by = by_bytes

    async def compose(self, key: str, composition: Composition, *, content_type: str) -> ObjectInfo:
        body = composition.body
        other = replace(composition, body=replace(body, offset=body.offset + self._by))
        return await self._store.compose(key, other, content_type=content_type)
