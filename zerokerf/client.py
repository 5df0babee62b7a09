"""The Python client: submit recordings, watch them being cut or transcribed, download what is made."""

import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack

from zerokerf.account_client import AccountClient
from zerokerf.batch_client import BatchClient
from zerokerf.batch_requests import SpeechWish, speech_fields
from zerokerf.calls import Caller, OnProgress, Patience, ignore_progress
from zerokerf.channel import Tls, open_channel
from zerokerf.download import download_file, open_http, segment_file, transcript_file
from zerokerf.errors import JobNotFound, Unavailable
from zerokerf.priorities import PriorityName, priority_value
from zerokerf.requests import (
    MetadataValue,
    VerificationName,
    Wish,
    check_sources,
    split_source,
    verification_value,
    wish_fields,
)
from zerokerf.states import is_final
from zerokerf.upload import upload_file
from zerokerf.v1.account_service_pb2_grpc import AccountServiceStub
from zerokerf.v1.batch_service_pb2_grpc import BatchServiceStub
from zerokerf.v1.split_pb2 import Segment, Split, SplitEvent, Transcribe, TranscriptFile
from zerokerf.v1.split_service_pb2 import (
    CancelSplitRequest,
    CreateSplitRequest,
    DeleteSplitRequest,
    GetSplitManifestRequest,
    GetSplitRequest,
    ListSplitsRequest,
    PlanSplitRequest,
    PlanSplitResponse,
    WatchSplitRequest,
)
from zerokerf.v1.split_service_pb2_grpc import SplitServiceStub
from zerokerf.v1.upload_pb2 import Upload
from zerokerf.v1.upload_service_pb2_grpc import UploadServiceStub
from zerokerf.v1.webhook_service_pb2_grpc import WebhookServiceStub
from zerokerf.watch import Stream, Watched, watch
from zerokerf.webhook_client import WebhookClient

#: The server gives a plan up earlier by itself.
_PLAN_TIMEOUT_S = 16 * 60


class AsyncClient:
    """One connection to a server, shared by any number of tasks. Make it inside a running event loop.

    Every method raises the classes of `zerokerf.errors`. Calls are repeated while the service is away, which
    is safe for all of them; when that has lasted too long they raise Unavailable.
    """

    def __init__(
        self, target: str, api_key: str | None, *, tls: Tls | None = None, patience: Patience | None = None
    ) -> None:
        patience = patience or Patience()
        self._caller = Caller(api_key, patience)
        self._planner = Caller(
            api_key, replace(patience, call_timeout_s=max(patience.call_timeout_s, _PLAN_TIMEOUT_S))
        )
        self._channel = open_channel(target, tls)
        self._splits = SplitServiceStub(self._channel)
        self._uploads = UploadServiceStub(self._channel)
        self._http = open_http(self._caller.patience)
        #: Transcription.
        self.batch = BatchClient(BatchServiceStub(self._channel), self._uploads, self._caller, self._http)
        #: Keys, the plan and what was used of it.
        self.accounts = AccountClient(AccountServiceStub(self._channel), self._caller, self._http)
        self.webhooks = WebhookClient(WebhookServiceStub(self._channel), self._caller)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()
        await self._channel.close()

    async def create_split(
        self,
        *,
        url: str | None = None,
        file: Path | None = None,
        upload_id: str | None = None,
        verification: VerificationName = "edges",
        transcribe: SpeechWish | None = None,
        metadata: Mapping[str, MetadataValue] | None = None,
        webhook_url: str = "",
        priority: PriorityName = "interactive",
        request_id: str | None = None,
        on_progress: OnProgress = ignore_progress,
        **wish: Unpack[Wish],
    ) -> Split:
        """Submit one source, cut in exactly one way; a file is uploaded first.

        Ways to cut: `every` length, `max_size` in bytes, equal `parts`, `at` positions, at the source's
        `chapters`, by the text of a `cue` sheet, or in its `silence`. For all but `max_size`: `snap` is how
        far a cut may move into a pause, `overlap` how much earlier segments begin, and a last segment shorter
        than `min_tail` joins the one before.

        Segments are made `to` a format, by an `encoding`, with the source's `tags` or "none" and perhaps a
        template for the `title` of each. "full" `verification` compares every copied sample; a `strict` job
        refuses a damaged source.

        With `transcribe`, be it an empty one, what is said is written down as well: in the whole, and in each
        segment. The `webhook_url` is told when the job is completed or has failed. A job of "bulk" `priority`
        is worked on when no interactive one has anything to do.

        With the same `request_id` the same request returns the first job. Without one, an id of its own
        still makes the repeats of this call safe.
        """
        check_sources(url=url, file=file, upload_id=upload_id)
        request = CreateSplitRequest(
            **wish_fields(**wish),
            verification=verification_value(verification),
            transcribe=None if transcribe is None else Transcribe(**speech_fields(**transcribe)),
            webhook_url=webhook_url,
            priority=priority_value(priority),
            request_id=request_id or str(uuid.uuid4()),
        )
        request.metadata.update(dict(metadata or {}))
        if file is not None:
            upload_id = (await self.upload(file, on_progress, request_id=request.request_id)).id
        request.source.CopyFrom(split_source(url=url, upload_id=upload_id))
        return (await self._caller.unary(self._splits.CreateSplit, request)).split

    async def plan_split(
        self,
        *,
        url: str | None = None,
        file: Path | None = None,
        upload_id: str | None = None,
        on_progress: OnProgress = ignore_progress,
        **wish: Unpack[Wish],
    ) -> PlanSplitResponse:
        """Where a job of the same arguments would cut, without making one.

        Takes as long as fetching the source and indexing it, up to 15 minutes; cancelling stops the work. A
        file is uploaded first, and goes again when its upload expires. Raises what would fail the job.
        """
        check_sources(url=url, file=file, upload_id=upload_id)
        request = PlanSplitRequest(**wish_fields(**wish))
        if file is not None:
            upload_id = (await self.upload(file, on_progress)).id
        request.source.CopyFrom(split_source(url=url, upload_id=upload_id))
        return await self._planner.unary(self._splits.PlanSplit, request)

    async def manifest(self, job_id: str) -> str:
        """The manifest of a completed job as it is stored: JSON, byte for byte. Raises ManifestNotReady."""
        request = GetSplitManifestRequest(id=job_id)
        return (await self._caller.unary(self._splits.GetSplitManifest, request)).json

    async def get_split(self, job_id: str) -> Split:
        """The job; once completed, with its segments and fresh links to them."""
        return (await self._caller.unary(self._splits.GetSplit, GetSplitRequest(id=job_id))).split

    async def list_splits(
        self, *states: Split.State.ValueType, page_size: int = 100
    ) -> AsyncGenerator[Split]:
        """Jobs in any of the states, or all, newest first, without segments. Fetched page by page."""
        request = ListSplitsRequest(page_size=page_size, states=states)
        while True:
            page = await self._caller.unary(self._splits.ListSplits, request)
            for split in page.splits:
                yield split
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def delete_split(self, job_id: str) -> None:
        """Remove the job with its source and segments, for ever."""
        request = DeleteSplitRequest(id=job_id)
        try:
            await self._caller.unary(self._splits.DeleteSplit, request, attempts=1)
        except Unavailable:
            # The answer may have got lost after the deed: then the second try finds nothing left to delete.
            with suppress(JobNotFound):
                await self._caller.unary(self._splits.DeleteSplit, request)

    async def cancel_split(self, job_id: str) -> Split:
        """Stop the job. Cancelling a cancelled job succeeds."""
        return (await self._caller.unary(self._splits.CancelSplit, CancelSplitRequest(id=job_id))).split

    def watch(self, job_id: str, after_sequence: int = 0) -> AsyncGenerator[SplitEvent]:
        """Every event after the cursor once, in order, until the job's final one.

        Broken streams are taken up where they ended. Raises Unavailable after too many failures in a row
        without an event between them; the last sequence received is where another watch goes on.
        """

        def stream(cursor: int) -> Stream[SplitEvent]:
            request = WatchSplitRequest(id=job_id, after_sequence=cursor)
            return self._splits.WatchSplit(request, metadata=self._caller.metadata)

        async def standing() -> tuple[bool, int]:
            split = await self.get_split(job_id)
            return is_final(split.state), split.last_sequence

        return watch(self._caller, Watched(stream, _is_last, standing), after_sequence)

    async def wait(self, job_id: str) -> Split:
        """The job once it is completed, failed or cancelled."""
        async with aclosing(self.watch(job_id)) as events:
            async for _ in events:
                pass
        return await self.get_split(job_id)

    async def upload(
        self, path: Path, on_progress: OnProgress = ignore_progress, *, request_id: str | None = None
    ) -> Upload:
        """Send a file, going on from the committed bytes after every break.

        With the same `request_id` a later call, even of another process, goes on with the same upload.
        Raises OSError if the file can't be read and FileChanged if it becomes shorter meanwhile.
        """
        return await upload_file(
            self._uploads, self._caller, path, on_progress, request_id or str(uuid.uuid4())
        )

    async def download(
        self, made: Segment | TranscriptFile, dest: Path, on_progress: OnProgress = ignore_progress
    ) -> Path:
        """Fetch a segment or transcript to `dest`, or into `dest` if that is a folder; returns where it is.

        The file appears under its name only when it is whole and its checksum is right. Raises LinkRefused if
        the link expired and OSError if the file can't be written.
        """
        attempts = self._caller.stream_attempts()
        file = segment_file(made) if isinstance(made, Segment) else transcript_file(made)
        return await download_file(self._http, file, dest, attempts, on_progress)


def _is_last(event: SplitEvent) -> bool:
    return is_final(event.state)
