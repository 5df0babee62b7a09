"""BatchService on a real socket, with real records and a store in memory; the engine only takes notes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import grpc
import pytest

from server.accounts.model import ALL_SCOPES, Caller, Plan
from server.api.batch_files import BatchFiles
from server.api.batch_service import BatchService
from server.api.desk import Desk
from server.api.interceptors import CallInterceptor
from server.database.open import Database
from server.fetch.guard import AddressPolicy
from server.jobs.batch.jobs import BatchJobs
from server.jobs.batch.records import BatchRecords
from server.jobs.model import Failure, SourceFacts
from server.jobs.wakeups.in_process import InProcessWakeups
from server.uploads.uploads import Uploads
from storage.address import MemoryAddress, object_uri
from storage.interface import ObjectInfo, Source
from storage.memory import MemoryStore
from storage.signed_links import LocalSigner
from tests.api.batch_models import models
from tests.jobs.handover.engines import NotedEngine, afterwards
from zerokerf.errors import Unauthenticated, ZerokerfError
from zerokerf.status import from_rpc_error
from zerokerf.v1 import batch_pb2
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchJob
from zerokerf.v1.batch_service_pb2_grpc import BatchServiceStub, add_BatchServiceServicer_to_server

if TYPE_CHECKING:  # exists for the type checker only
    from zerokerf.v1.batch_service_pb2_grpc import BatchServiceAsyncStub

#: A small gigabyte.
LIMIT_BYTES = 1000
SMALL_BYTES = 500
MINE = (("x-api-key", "a"),)
URL = "https://example.com/talk.mp3"
SOURCE = SourceFacts("talk.mp3", 4321, "f" * 64, "mp3", 8000, 2, 80_000)
THEIRS = (("x-api-key", "b"),)
SMALL = (("x-api-key", "s"),)


class Keys:
    """Key `a` is that of account `acc_a`. The plan of `acc_s` takes small sources only."""

    async def authenticate(self, secret: str) -> Caller:
        if len(secret) != 1:
            raise Unauthenticated
        most_bytes = SMALL_BYTES if secret == "s" else None
        return Caller(f"acc_{secret}", Plan("one", "One", max_source_bytes=most_bytes), ALL_SCOPES)


class EnoughLeft:
    async def check(self, caller: Caller) -> None:
        """The plan has no limit."""


class NotedStore(MemoryStore):
    """Tells when something was put, and when a folder was removed."""

    def __init__(self) -> None:
        super().__init__()
        self.put_something = asyncio.Event()
        self.removed_something = asyncio.Event()

    async def put(
        self, key: str, source: Source, *, content_type: str, if_absent: bool = False
    ) -> ObjectInfo:
        info = await super().put(key, source, content_type=content_type, if_absent=if_absent)
        self.put_something.set()
        return info

    async def delete_prefix(self, prefix: str) -> int:
        count = await super().delete_prefix(prefix)
        self.removed_something.set()
        return count


@dataclass(frozen=True)
class House:
    stub: "BatchServiceAsyncStub"
    records: BatchRecords
    engine: NotedEngine
    uploads: Uploads
    store: NotedStore

    async def stored(self) -> list[str]:
        return [info.key async for info in self.store.list("")]

    async def created(self, public_id: str = "call17", request_id: str = "") -> BatchJob:
        request = asked(public_id, request_id=request_id)
        return (await self.stub.CreateBatchJob(request, metadata=MINE)).job

    async def begun(self, public_id: str = "call17") -> str:
        """The id by which workers know it."""
        await self.created(public_id)
        job_id = self.engine.started[-1]
        await self.records.begin(job_id)
        await self.records.record_source(job_id, SOURCE)
        return job_id

    async def done(self, public_id: str = "call17") -> str:
        job_id = await self.begun(public_id)
        await self.records.complete(job_id, {"word_count": 12, "language": "en", "news": [1]})
        return job_id

    async def end_all(self) -> None:
        for job_id in self.engine.started:
            await self.records.fail(job_id, Failure("CORRUPT_FILE", "It broke."))

    async def got(self, public_id: str = "call17") -> BatchJob:
        return (await self.stub.GetBatchJob(pb.GetBatchJobRequest(id=public_id), metadata=MINE)).job

    async def files(self, *, include_vtt: bool = False) -> pb.GetBatchJobFilesResponse:
        request = pb.GetBatchJobFilesRequest(id="call17", include_vtt=include_vtt)
        return await self.stub.GetBatchJobFiles(request, metadata=MINE)


def asked(public_id: str = "call17", model_code: str = "", request_id: str = "") -> pb.CreateBatchJobRequest:
    return pb.CreateBatchJobRequest(
        id=public_id, source=batch_pb2.BatchSource(url=URL), model_code=model_code, request_id=request_id
    )


async def refused(call: Awaitable[object]) -> ZerokerfError:
    """Why the service did not do it."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    error = from_rpc_error(raised.value)
    assert error.kind.name == raised.value.code().name
    return error


@asynccontextmanager
async def open_house(database: Database) -> AsyncIterator[House]:
    wakeups, engine, store = InProcessWakeups(), NotedEngine(), NotedStore()
    records = BatchRecords(database, wakeups)
    signer = LocalSigner("http://files.test", b"k" * 32)
    lives = timedelta(minutes=30)
    uploads = Uploads(database, store, signer, LIMIT_BYTES, part_bytes=100, link_lives=lives)
    files = BatchFiles(signer, partial(object_uri, MemoryAddress()))
    jobs = BatchJobs(records, engine, uploads, wakeups, afterwards(database, engine))
    service = BatchService(jobs, uploads, files, AddressPolicy(), models(), Desk(EnoughLeft(), 0))
    async with _serving(service) as stub:
        yield House(stub, records, engine, uploads, store)
    await store.aclose()


@asynccontextmanager
async def _serving(service: BatchService) -> AsyncIterator["BatchServiceAsyncStub"]:
    server = grpc.aio.server(interceptors=[CallInterceptor(Keys())])
    add_BatchServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield BatchServiceStub(channel)
    finally:
        await server.stop(None)
