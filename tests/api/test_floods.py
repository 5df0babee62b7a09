"""Too much of anything is refused by a status, costs others nothing, and the server stays alive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from server.accounts.key_creation import KeyWish
from server.accounts.model import ALL_SCOPES
from server.api.desk import Desk
from server.api.grpc_server import OPTIONS
from server.api.interceptors import CallInterceptor, Context
from server.api.scopes import SCOPES
from server.api.segment_files import SegmentFiles
from server.api.split_service import SplitService
from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.fetch.guard import AddressPolicy
from server.jobs.model import Progress, SplitRequest
from server.jobs.splits.jobs import SplitJobs
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.uploads.uploads import Uploads
from storage.memory import MemoryStore
from storage.signed_links import LocalSigner
from tests.accounts.tenants import Time, keys_at, make_account, records_at
from tests.api.batch_house import EnoughLeft
from tests.api.batch_models import models
from tests.jobs.handover.engines import NotedEngine, afterwards
from zerokerf.errors import Unauthenticated
from zerokerf.status import from_rpc_error
from zerokerf.v1 import split_service_pb2 as pb
from zerokerf.v1.split_service_pb2_grpc import SplitServiceStub, add_SplitServiceServicer_to_server

STREAMS = 2000
ENDLESS = "/test.Endless/Watch"
PIECE = "x" * 100_000


@dataclass
class Flooded:
    """A server as it is run, with one job that goes on, and an endless answer beside."""

    port: int
    records: SplitRecords
    job_id: str
    metadata: tuple[tuple[str, str], ...]
    pieces_made: int = 0
    made_one: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[grpc.aio.Channel]:
        """A connection of its own."""
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.port}", options=options) as channel:
            yield channel

    async def is_alive(self) -> bool:
        async with self.channel() as channel:
            request = pb.GetSplitRequest(id=self.job_id)
            got = await SplitServiceStub(channel).GetSplit(request, metadata=self.metadata, timeout=5)
        return bool(got.split.id == self.job_id)

    async def endless(self, request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        while True:
            self.pieces_made += 1
            self.made_one.set()
            yield StringValue(value=PIECE)


@pytest.fixture
async def flooded(tmp_path: Path) -> AsyncIterator[Flooded]:
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database:
        await migrate(database)
        owner, time = await make_account(database, "acc_a"), Time(datetime.now(UTC))
        secret = (await records_at(database, time).create(owner, KeyWish("CI"))).secret
        wakeups, engine, store = InProcessWakeups(), NotedEngine(), MemoryStore()
        records = SplitRecords(database, wakeups)
        request = SplitRequest(source_url="https://example.org/a.wav", segment_ns=10**9)
        job = await records.begin((await records.create("acc_a", request, None)).id)
        flooded = Flooded(0, records, job.id, (("x-api-key", secret),))
        interceptor = CallInterceptor(
            keys_at(database, time), scopes={**SCOPES, ENDLESS: frozenset(ALL_SCOPES)}
        )
        server = grpc.aio.server(interceptors=[interceptor], options=OPTIONS)
        add_SplitServiceServicer_to_server(splits(database, records, wakeups, engine, store), server)
        server.add_generic_rpc_handlers((endless_handler(flooded),))
        flooded.port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        yield flooded
        await server.stop(None)
        await store.aclose()


def splits(
    database: Database,
    records: SplitRecords,
    wakeups: InProcessWakeups,
    engine: NotedEngine,
    store: MemoryStore,
) -> SplitService:
    signer = LocalSigner("http://files.test", b"k" * 32)
    uploads = Uploads(database, store, signer, 1000)
    jobs = SplitJobs(records, engine, uploads, wakeups, afterwards(database, engine))
    return SplitService(jobs, SegmentFiles(signer), AddressPolicy(), models(), Desk(EnoughLeft(), 0))


def endless_handler(flooded: Flooded) -> grpc.GenericRpcHandler:
    codec: dict[str, Any] = {
        "request_deserializer": StringValue.FromString,
        "response_serializer": StringValue.SerializeToString,
    }
    behaviours = {"Watch": grpc.unary_stream_rpc_method_handler(flooded.endless, **codec)}
    return grpc.method_handlers_generic_handler("test.Endless", behaviours)


async def code_of(call: Any) -> grpc.StatusCode:  # noqa: ANN401  calls of every type
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return raised.value.code()


async def test_too_large_a_message_is_refused(flooded: Flooded) -> None:
    async with flooded.channel() as channel:
        call = SplitServiceStub(channel).GetSplit(
            pb.GetSplitRequest(id="x" * (5 << 20)), metadata=flooded.metadata, timeout=10
        )
        assert await code_of(call) is grpc.StatusCode.RESOURCE_EXHAUSTED

    assert await flooded.is_alive()


@pytest.mark.parametrize("entries", [[("x-odd", "a" * 64_000)], [(f"x-{n}", "a" * 100) for n in range(600)]])
async def test_too_much_metadata_is_refused(entries: list[tuple[str, str]], flooded: Flooded) -> None:
    async with flooded.channel() as channel:
        call = SplitServiceStub(channel).GetSplit(
            pb.GetSplitRequest(id=flooded.job_id), metadata=(*flooded.metadata, *entries), timeout=10
        )
        assert await code_of(call) is grpc.StatusCode.RESOURCE_EXHAUSTED

    assert await flooded.is_alive()


@pytest.mark.timeout(120)
async def test_two_thousand_watchers_hear_everything_and_others_are_served(flooded: Flooded) -> None:
    async with flooded.channel() as channel, asyncio.timeout(100):
        stub, begun = SplitServiceStub(channel), asyncio.Semaphore(0)

        async def watch() -> list[int]:
            request = pb.WatchSplitRequest(id=flooded.job_id)
            numbers: list[int] = []
            async for response in stub.WatchSplit(request, metadata=flooded.metadata):
                numbers.append(response.event.sequence)
                begun.release()
            return numbers

        watching = [asyncio.create_task(watch()) for _ in range(STREAMS)]
        for _ in range(STREAMS):
            await begun.acquire()
        assert await flooded.is_alive()
        one_more = stub.GetSplit(pb.GetSplitRequest(id=flooded.job_id), metadata=flooded.metadata, timeout=30)

        await flooded.records.record_progress(flooded.job_id, Progress(bytes_fetched=1))
        await flooded.records.request_cancel("acc_a", flooded.job_id)

        heard = await asyncio.gather(*watching)
        assert (await one_more).split.id == flooded.job_id
    assert set(map(tuple, heard)) == {tuple(range(1, max(heard[0]) + 1))}


async def test_for_a_reader_that_does_not_read_no_more_is_made(flooded: Flooded) -> None:
    async with flooded.channel() as channel:
        watch = channel.unary_stream(
            ENDLESS,
            request_serializer=StringValue.SerializeToString,
            response_deserializer=StringValue.FromString,
        )
        call = watch(StringValue(), metadata=flooded.metadata)
        await call.read()

        with suppress(TimeoutError):
            while True:
                flooded.made_one.clear()
                async with asyncio.timeout(1):
                    await flooded.made_one.wait()
                assert flooded.pieces_made * len(PIECE) < 32 << 20

        assert await flooded.is_alive()
        call.cancel()


async def test_a_flood_of_bad_keys_is_refused_one_by_one(flooded: Flooded) -> None:
    async with flooded.channel() as channel:
        stub = SplitServiceStub(channel)

        async def knock(number: int) -> type[Exception]:
            key = (("x-api-key", f"as_live_sk_guess_{number}"),)
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await stub.GetSplit(pb.GetSplitRequest(id=flooded.job_id), metadata=key, timeout=30)
            return type(from_rpc_error(raised.value))

        knocking = [asyncio.create_task(knock(number)) for number in range(1500)]
        assert await flooded.is_alive()

        assert set(await asyncio.gather(*knocking)) == {Unauthenticated}


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 4096]
)
async def test_who_speaks_no_grpc_is_hung_up_on_or_ignored(said: bytes, flooded: Flooded) -> None:
    connections = [await asyncio.open_connection("127.0.0.1", flooded.port) for _ in range(50)]
    for _, writer in connections:
        writer.write(said)

    assert await flooded.is_alive()
    for _, writer in connections:
        writer.transport.abort()
