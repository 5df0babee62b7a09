"""The files of a transcription job: where they lie, and links to them."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from server.api.batch_convert import media_type_of, state_of
from server.api.link_life import link_life
from server.api.message_parts import timestamp
from server.database.clock import Clock, utc_now
from server.jobs.batch.model import BatchJob, BatchState
from server.speech.transcript_formats import MEDIA_TYPES, TranscriptFormat
from storage.interface import UrlSigner
from storage.keys import file_name_of, source_key, transcript_key, transcripts_prefix
from zerokerf.v1 import batch_pb2

LINK_LIFE = timedelta(hours=1)
_DOCUMENTED = (TranscriptFormat.JSON, TranscriptFormat.TXT, TranscriptFormat.SRT)
#: Failed and deleted jobs have no files: what they stored is removed.
_WITH_INPUT = frozenset(set(BatchState) - {BatchState.FAILED, BatchState.DELETED})


class BatchFiles:
    """`uri_of` tells where in the store a key is. Files that are kept no longer are left out."""

    def __init__(self, signer: UrlSigner, uri_of: Callable[[str], str], clock: Clock = utc_now) -> None:
        self._signer = signer
        self.uri_of = uri_of
        self._clock = clock

    async def inputs(self, job: BatchJob) -> AsyncIterator[batch_pb2.BatchFile]:
        """The recording, once it is stored."""
        source, life = job.source, self._life(job)
        if source is None or source.sha256 is None or state_of(job) not in _WITH_INPUT or life is None:
            return
        key = source_key(job.account_id, job.id)
        yield await self._file("", key, source.file_name, media_type_of(source.format), life)

    async def outputs(self, job: BatchJob, *, with_vtt: bool) -> AsyncIterator[batch_pb2.BatchFile]:
        """The transcripts, once all of them are stored."""
        life = self._life(job)
        if state_of(job) is not BatchState.DONE or life is None:
            return
        for each in (*_DOCUMENTED, TranscriptFormat.VTT) if with_vtt else _DOCUMENTED:
            key = transcript_key(job.account_id, job.id, job.public_id or "", each)
            yield await self._file(each, key, file_name_of(key), MEDIA_TYPES[each], life)

    def output_uri(self, account_id: str, job_id: str) -> str:
        return self.uri_of(transcripts_prefix(account_id, job_id))

    def _life(self, job: BatchJob) -> timedelta | None:
        return link_life(job, LINK_LIFE, self._clock())

    async def _file(
        self, kind: str, key: str, file_name: str, content_type: str, life: timedelta
    ) -> batch_pb2.BatchFile:
        link = await self._signer.sign_get(key, life, filename=file_name, content_type=content_type)
        return batch_pb2.BatchFile(
            format=kind,
            key=key,
            uri=self.uri_of(key),
            download_url=link.url,
            expire_time=timestamp(link.expires_at),
        )
