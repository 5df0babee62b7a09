"""The files of a transcription job: where they lie, and links to them."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from server.api.batch_convert import media_type_of, state_of
from server.api.message_parts import timestamp
from server.jobs.batch_model import BatchJob, BatchState
from server.speech.transcript_formats import MEDIA_TYPES, TranscriptFormat
from storage.interface import UrlSigner
from storage.keys import file_name_of, source_key, transcript_key, transcripts_prefix
from zerokerf.v1 import batch_pb2

LINK_LIFE = timedelta(hours=1)
_DOCUMENTED = (TranscriptFormat.JSON, TranscriptFormat.TXT, TranscriptFormat.SRT)
#: Failed and deleted jobs have no files: what they stored is removed.
_WITH_INPUT = frozenset(set(BatchState) - {BatchState.FAILED, BatchState.DELETED})


class BatchFiles:
    """`uri_of` tells where in the store a key is."""

    def __init__(self, signer: UrlSigner, uri_of: Callable[[str], str]) -> None:
        self._signer = signer
        self.uri_of = uri_of

    async def inputs(self, job: BatchJob) -> AsyncIterator[batch_pb2.BatchFile]:
        """The recording, once it is stored."""
        source = job.source
        if source is None or source.sha256 is None or state_of(job) not in _WITH_INPUT:
            return
        key = source_key(job.account_id, job.id)
        yield await self._file("", key, source.file_name, media_type_of(source.format))

    async def outputs(self, job: BatchJob, *, with_vtt: bool) -> AsyncIterator[batch_pb2.BatchFile]:
        """The transcripts, once all of them are stored."""
        if state_of(job) is not BatchState.DONE:
            return
        for each in (*_DOCUMENTED, TranscriptFormat.VTT) if with_vtt else _DOCUMENTED:
            key = transcript_key(job.account_id, job.id, job.public_id or "", each)
            yield await self._file(each, key, file_name_of(key), MEDIA_TYPES[each])

    def output_uri(self, account_id: str, job_id: str) -> str:
        return self.uri_of(transcripts_prefix(account_id, job_id))

    async def _file(self, kind: str, key: str, file_name: str, content_type: str) -> batch_pb2.BatchFile:
        link = await self._signer.sign_get(key, LINK_LIFE, filename=file_name, content_type=content_type)
        return batch_pb2.BatchFile(
            format=kind,
            key=key,
            uri=self.uri_of(key),
            download_url=link.url,
            expire_time=timestamp(link.expires_at),
        )
