"""Cuts a recording inside the store: long segments are composed of its own bytes, short ones sent."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from server.jobs.model import SourceFacts, SplitJob, SplitRequest
from server.media.copying.cutter import CopyCutter
from server.media.copying.wav_cut import WavCopier, open_wav
from server.media.cutter import Tools
from server.media.edges.proof import EdgeSource
from server.media.facts import SourceFacts as MediaFacts
from server.media.integrity import check_integrity
from server.media.plan.cuts import Cut
from server.media.planning import Planned, plan_segments, read_recording
from server.media.probing.probe import probe
from server.media.recipe import Recipe, Verification
from server.media.splitting import FinishedSegment, Opened, Sink, file_of
from server.uploads.uploads import Uploads
from server.workflows.composing.segment import LEAST_BYTES, compose_segment
from server.workflows.composing.source import Hollow, is_wav, open_hollow_wav
from server.workflows.cutting import why_not_copied
from server.workflows.recipes import recipe_of
from server.workflows.scratch import ScratchFolder
from storage.compose import CannotCompose, Composer
from storage.interface import ObjectInfo, ObjectStore
from storage.keys import segment_key, source_key, upload_data_key
from zerokerf.encoding import Encoding
from zerokerf.errors import FileTooLarge, ObjectDamaged, ObjectNotFound, VerificationFailed, ZerokerfError
from zerokerf.formats import Format

#: While some are proven, the store copies others. Each holds as much as S3 needs for a part.
_AT_ONCE = 12
#: What proofs and tags need in scratch, beside the segments that are sent.
_ROOM_BYTES = 64 << 20
_SOURCE = "hollow"

log = structlog.get_logger()


class ComposingSink(Sink, Protocol):
    async def keep_stored(self, segment: FinishedSegment) -> None:
        """A segment that is in the store already, under its key."""
        ...

    async def source_etags(self) -> set[str]:
        """Of what earlier tries composed segments."""
        ...


@dataclass(frozen=True, slots=True)
class Composing:
    """What composing works with. One value serves every job of a worker. Without a composer nothing is
    composed; segments smaller than `least_bytes` are sent."""

    store: ObjectStore
    composer: Composer | None
    tools: Tools
    least_bytes: int = LEAST_BYTES

    async def left_in_place(self, job: SplitJob, uploads: Uploads, most_bytes: int) -> SourceFacts | None:
        """What is known of an upload that is worth to be cut where it lies; its SHA-256 is "".

        None: bring it in. Raises FileTooLarge, UploadNotFound, UploadIncomplete.
        """
        upload_id = job.request.upload_id
        if self.composer is None or upload_id is None or job.request.transcribe or not suits(job.request):
            return None
        upload = await uploads.require_complete(job.account_id, upload_id)
        try:
            info = await self.store.head(upload_data_key(job.account_id, upload_id))
        except ObjectNotFound:
            return None  # it came in pieces
        if info.size > most_bytes:
            raise FileTooLarge(most_bytes, info.size)
        if info.size < self.least_bytes or info.etag is None or not await is_wav(self.store, info.key):
            return None
        return SourceFacts(file_name=upload.file_name, size_bytes=info.size, sha256="")

    async def bring(self, job: SplitJob, uploads: Uploads, sink: ComposingSink) -> None:
        """A source that was left in place, and has to be cut in the usual way, becomes the job's own.

        Raises UploadNotFound, UploadIncomplete, ObjectDamaged.
        """
        upload_id = job.request.upload_id
        if not is_in_place(job) or upload_id is None:
            return
        upload = await uploads.require_complete(job.account_id, upload_id)
        info = await self.store.head(_key_of(job))
        await _check_same(info, sink)
        chunks = uploads.read(job.account_id, upload_id)
        await self.store.put(source_key(job.account_id, job.id), chunks, content_type=upload.content_type)

    async def run(self, job: SplitJob, folder: ScratchFolder, sink: ComposingSink) -> bool:
        """Every segment is stored, verified and on record. False: cut it in the usual way, which goes on with
        what is on record."""
        if self.composer is None or not suits(job.request) or why_not_copied(job) is not None:
            return False
        try:
            source = await self._source(job, folder)
            work = await self._planned(job, source, folder) if source else None
            if work is None:
                return False
            await work.run(sink)
        except CannotCompose:
            return False
        except VerificationFailed as error:
            log.warning("composed segment not proven", action="cut", job_id=job.id, reason=error.reason)
            return False
        finally:
            await asyncio.to_thread((folder.path / _SOURCE).unlink, missing_ok=True)
        return True

    async def _source(self, job: SplitJob, folder: ScratchFolder) -> Hollow | None:
        if job.source is None or (job.source.size_bytes or 0) < self.least_bytes:
            return None
        folder.reserve(_ROOM_BYTES)
        source = await open_hollow_wav(self.store, _key_of(job), folder.path / _SOURCE)
        return source if source is not None and source.info.etag is not None else None

    async def _planned(self, job: SplitJob, source: Hollow, folder: ScratchFolder) -> "_Work | None":
        """None where most of it would have to be sent."""
        recipe, path = recipe_of(job.request), source.path
        try:
            facts = await probe(path, self.tools.limits, self.tools.prober)
            recording = await read_recording(path, facts, recipe, folder.path, self.tools)
            copier = await asyncio.to_thread(open_wav, path)
            check_integrity(copier.integrity, copier.sample_count, recipe.damage)
            edges = EdgeSource(path=path, demuxer=facts.demuxer, copier=copier)
            cutter = CopyCutter(copier, edges, folder.path, self.tools)
            planned = await plan_segments(recording, recipe, cutter, self.tools)
        except ZerokerfError:
            return None  # the usual way says the same of it, or knows better
        work = _Work(self, job, source, recipe, facts, copier, cutter, planned)
        if work.sent_bytes > source.info.size // 2:
            return None
        folder.reserve(_ROOM_BYTES + 2 * work.sent_bytes)
        return work


@dataclass(frozen=True, slots=True)
class _Work:
    """One job, planned."""

    parts: Composing
    job: SplitJob
    source: Hollow
    recipe: Recipe
    facts: MediaFacts
    copier: WavCopier
    cutter: CopyCutter
    planned: Planned

    @property
    def sent_bytes(self) -> int:
        """Of all segments that are too small to be composed."""
        return sum(self._size(cut) for cut in self._cuts if self._is_short(cut))

    async def run(self, sink: ComposingSink) -> None:
        making = self.cutter.making
        notes = (*making.notes, *self.planned.labels.notes)
        kept = await sink.opened(
            Opened(facts=self.facts, making=making, notes=notes, count=self.planned.count)
        )
        await _check_same(self.source.info, sink)
        finished = {segment.index for segment in kept}
        missing = [cut for cut in self._cuts if cut.index not in finished]
        short = [cut for cut in missing if self._is_short(cut)]
        await self._make([cut for cut in missing if not self._is_short(cut)], short, sink)

    async def _make(self, composed: Sequence[Cut], sent: Sequence[Cut], sink: ComposingSink) -> None:
        slots = asyncio.Semaphore(_AT_ONCE)
        # A composed segment's record says of what it was made: a later try can tell whether it still is that.
        is_known = asyncio.Event()
        if not composed:
            is_known.set()

        async def compose(cut: Cut) -> None:
            async with slots:
                await self._compose(cut, sink)
            is_known.set()

        async def send(cut: Cut) -> None:
            await is_known.wait()
            async with slots:
                await self._send(cut, sink)

        try:
            async with asyncio.TaskGroup() as group:
                for made in (*map(compose, composed), *map(send, sent)):
                    group.create_task(made)
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    @property
    def _cuts(self) -> tuple[Cut, ...]:
        places = self.planned.places
        return places if isinstance(places, tuple) else ()

    def _size(self, cut: Cut) -> int:
        file = file_of(cut)
        return self.copier.size_bytes(file.first_sample, file.sample_count)

    def _is_short(self, cut: Cut) -> bool:
        return self._size(cut) < self.parts.least_bytes

    async def _compose(self, cut: Cut, sink: ComposingSink) -> None:
        composer, job = self.parts.composer, self.job
        if composer is None:
            raise RuntimeError("nothing is to be composed")
        made = await compose_segment(
            file_of(cut),
            self.copier,
            self.source,
            partial(composer.compose, content_type=Format.WAV.content_type),
            self.parts.store,
            segment_key(job.account_id, job.id, cut.index, Format.WAV.extension),
            self.planned.labels.dress,
            self.recipe.max_bytes,
        )
        await sink.keep_stored(FinishedSegment(cut=cut, proven=made))

    async def _send(self, cut: Cut, sink: ComposingSink) -> None:
        """Its bytes are fetched, and then it is made like any other."""
        file = file_of(cut)
        stretch = self.copier.stretch(file.first_sample, file.sample_count)
        await self.source.fill(stretch.offset, stretch.size_bytes)
        async for segment in self.cutter.by_plan([file], self.planned.labels.dress):
            for proven in await self.cutter.prove([segment], self.recipe):
                await sink.keep(FinishedSegment(cut=cut, proven=proven))


def suits(request: SplitRequest) -> bool:
    """Whether segments could be ranges of the source, and nobody needs to hear all of it."""
    return (
        request.output_format in (None, Format.WAV)
        and request.encoding == Encoding()
        and request.min_silence_ns is None
        and request.snap_window_ns is None
        and request.verification == Verification.EDGES
    )


def is_in_place(job: SplitJob) -> bool:
    """Whether the source is still where it was uploaded."""
    return job.source is not None and job.source.sha256 == "" and job.request.upload_id is not None


def _key_of(job: SplitJob) -> str:
    if is_in_place(job):
        return upload_data_key(job.account_id, job.request.upload_id or "")
    return source_key(job.account_id, job.id)


async def _check_same(info: ObjectInfo, sink: ComposingSink) -> None:
    """An upload can be put anew; segments of two recordings are none."""
    if await sink.source_etags() - {info.etag or ""}:
        raise ObjectDamaged(info.key)
