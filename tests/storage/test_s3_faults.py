"""What the S3 store does when the network or the server fails in the middle."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest

from storage.open_store import OpenedStore, open_store
from storage.s3_client import S3Credentials
from tests.services.seaweed import REGION, SeaweedServer
from tests.storage.conftest import BUCKET
from tests.storage.content import MIB, chunks, keys, noise, read, sha256, unfinished
from tests.storage.fault_proxy import Fault, FaultProxy, every, fault_proxy, first
from zerokerf.errors import ObjectDamaged, ObjectNotFound, StorageDenied, Unavailable

BIN = "application/octet-stream"
PARTS = noise(33 * MIB)


@pytest.fixture
async def proxy(seaweed: SeaweedServer) -> AsyncIterator[FaultProxy]:
    async with fault_proxy(seaweed.endpoint) as proxy:
        yield proxy


@pytest.fixture
async def opened(s3_url: str, seaweed: SeaweedServer, proxy: FaultProxy) -> AsyncIterator[OpenedStore]:
    url = s3_url.replace(seaweed.endpoint, proxy.endpoint)
    credentials = S3Credentials(seaweed.access_key, seaweed.secret_key)
    async with open_store(url, credentials=credentials, signing_key=b"", public_url="") as opened:
        await opened.store.check()
        yield opened


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.LOSE_REPLY])
@pytest.mark.parametrize(
    ("method", "target"),
    [("POST", "uploads="), ("PUT", "partNumber=2"), ("POST", "uploadId=")],
    ids=["beginning", "a part", "completing"],
)
async def test_one_failure_of_a_step_does_not_cost_the_upload(
    opened: OpenedStore, proxy: FaultProxy, fault: Fault, method: str, target: str
) -> None:
    proxy.rule = first(fault, method, target)

    put = await opened.store.put("a.bin", chunks(PARTS, MIB), content_type=BIN)

    assert put.sha256 == sha256(PARTS) == sha256(await read(opened.store, "a.bin"))
    assert put.etag == (await opened.store.head("a.bin")).etag


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.LOSE_REPLY])
async def test_one_failure_of_a_small_put_is_retried(
    opened: OpenedStore, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.rule = first(fault, "PUT", "a.bin")

    await opened.store.put("a.bin", b"small", content_type=BIN)

    assert await read(opened.store, "a.bin") == b"small"


async def test_an_upload_that_is_gone_because_it_was_completed_is_a_success(
    opened: OpenedStore, proxy: FaultProxy
) -> None:
    proxy.rule = first(Fault.LOSE_REPLY, "POST", "uploadId=", then=Fault.GONE)

    put = await opened.store.put("a.bin", PARTS, content_type=BIN)

    assert put.etag == (await opened.store.head("a.bin")).etag
    assert sha256(await read(opened.store, "a.bin")) == put.sha256


@pytest.mark.parametrize("before", [None, PARTS[::-1]], ids=["no object", "an older object"])
async def test_an_upload_that_is_gone_without_its_object_is_no_success(
    opened: OpenedStore, proxy: FaultProxy, before: bytes | None
) -> None:
    if before is not None:
        await opened.store.put("a.bin", before, content_type=BIN)
    proxy.rule = first(Fault.GONE, "POST", "uploadId=")

    with pytest.raises(Unavailable):
        await opened.store.put("a.bin", PARTS, content_type=BIN)

    assert await unfinished(opened) == 0


async def test_a_refusal_because_of_the_time_is_an_outage(opened: OpenedStore, proxy: FaultProxy) -> None:
    await opened.store.put("a.bin", b"some bytes", content_type=BIN)

    proxy.rule = every(Fault.SKEWED, "PUT", "a.bin")
    with pytest.raises(Unavailable):
        await opened.store.put("a.bin", b"other bytes", content_type=BIN)
    for fault in (Fault.LONG_AGO, Fault.TIMELESS):
        proxy.rule = every(fault, "HEAD", "a.bin")
        with pytest.raises(Unavailable):
            await opened.store.head("a.bin")
    proxy.rule = every(Fault.REFUSE, "HEAD", "a.bin")
    with pytest.raises(StorageDenied):
        await opened.store.head("a.bin")


async def test_a_refused_part_stops_the_upload_before_the_source_is_read(
    opened: OpenedStore, proxy: FaultProxy
) -> None:
    proxy.rule = every(Fault.REFUSE, "PUT", "partNumber=1&")
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while given < 1000:
            given += 1
            yield b"x" * MIB

    with pytest.raises(StorageDenied):
        await opened.store.put("a.bin", endless(), content_type=BIN)

    assert given <= 5 * 16
    proxy.rule = lambda _: Fault.NONE
    assert await keys(opened.store) == []
    assert await unfinished(opened) == 0


async def test_a_refused_part_does_not_wait_for_a_slow_source(opened: OpenedStore, proxy: FaultProxy) -> None:
    proxy.rule = every(Fault.REFUSE, "PUT", "partNumber=1&")

    async def sleeps_after_one_part() -> AsyncIterator[bytes]:
        yield b"x" * 16 * MIB
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        with pytest.raises(StorageDenied):
            await opened.store.put("a.bin", sleeps_after_one_part(), content_type=BIN)


@pytest.mark.parametrize("data", [b"some bytes", PARTS], ids=["whole", "in parts"])
async def test_bytes_corrupted_on_the_way_are_not_stored(
    opened: OpenedStore, proxy: FaultProxy, data: bytes
) -> None:
    proxy.rule = every(Fault.CORRUPT, "PUT", "a.bin")

    with pytest.raises(ObjectDamaged):
        await opened.store.put("a.bin", data, content_type=BIN)

    proxy.rule = lambda _: Fault.NONE
    assert await keys(opened.store) == []
    assert await unfinished(opened) == 0


async def test_a_broken_download_goes_on_where_it_broke(opened: OpenedStore, proxy: FaultProxy) -> None:
    await opened.store.put("a.bin", PARTS, content_type=BIN)
    proxy.rule = first(Fault.CUT_REPLY, "GET", "a.bin")
    proxy.seen.clear()

    assert await read(opened.store, "a.bin", 7, 30 * MIB) == PARTS[7 : 7 + 30 * MIB]

    assert [request.method for request in proxy.seen] == ["GET", "GET"]


async def test_a_download_that_breaks_again_and_again_fails(opened: OpenedStore, proxy: FaultProxy) -> None:
    await opened.store.put("a.bin", PARTS, content_type=BIN)
    proxy.rule = every(Fault.CUT_REPLY, "GET", "a.bin")

    with pytest.raises(Unavailable):
        await read(opened.store, "a.bin")


async def test_an_object_replaced_while_it_is_read_is_not_mixed_with_the_new_one(
    opened: OpenedStore, proxy: FaultProxy
) -> None:
    await opened.store.put("a.bin", PARTS, content_type=BIN)
    proxy.rule = first(Fault.CUT_REPLY, "GET", "a.bin")
    stream = opened.store.get("a.bin")
    await anext(stream)

    await opened.store.put("a.bin", PARTS[::-1], content_type=BIN)

    with pytest.raises(ObjectDamaged):
        _ = [chunk async for chunk in stream]


async def test_a_download_that_stalls_can_be_cancelled_at_once(
    opened: OpenedStore, proxy: FaultProxy
) -> None:
    await opened.store.put("a.bin", PARTS, content_type=BIN)
    proxy.rule = every(Fault.STALL_REPLY, "GET", "a.bin")
    got_all_there_is = asyncio.Event()

    async def reads() -> None:
        received = 0
        async for chunk in opened.store.get("a.bin"):
            received += len(chunk)
            if received == 16 * MIB:  # half of it: the next chunk will not come
                got_all_there_is.set()

    reading = asyncio.create_task(reads())
    await got_all_there_is.wait()
    reading.cancel()
    done, _ = await asyncio.wait([reading], timeout=5)

    assert done == {reading}
    assert reading.cancelled()


async def test_a_server_that_stays_busy_is_unavailable_and_leaves_the_upload_to_the_sweep(
    opened: OpenedStore, proxy: FaultProxy
) -> None:
    proxy.rule = lambda request: Fault.BUSY if "uploadId=" in request.target else Fault.NONE

    with pytest.raises(Unavailable):
        await opened.store.put("a.bin", PARTS[: 17 * MIB], content_type=BIN)

    proxy.rule = lambda _: Fault.NONE
    with pytest.raises(ObjectNotFound):
        await opened.store.head("a.bin")
    assert await unfinished(opened) == 1
    assert await unfinished(opened) == 0


async def test_a_dead_server_is_unavailable_within_five_seconds() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"s3+http://127.0.0.1:{nobody.getsockname()[1]}/{BUCKET}?region={REGION}"
        credentials = S3Credentials("a", "b")
        async with open_store(url, credentials=credentials, signing_key=b"", public_url="") as opened:
            began_s = time.monotonic()
            results = await asyncio.gather(
                opened.store.check(),
                opened.store.put("a.bin", b"x", content_type=BIN),
                opened.store.head("a.bin"),
                read(opened.store, "a.bin"),
                keys(opened.store),
                opened.store.delete("a.bin"),
                return_exceptions=True,
            )

    assert [type(result) for result in results] == [Unavailable] * 6
    assert time.monotonic() - began_s < 5


async def test_a_mute_server_fails_the_check_soon() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"s3+http://127.0.0.1:{mute.getsockname()[1]}/{BUCKET}?region={REGION}"
        credentials = S3Credentials("a", "b")
        async with open_store(url, credentials=credentials, signing_key=b"", public_url="") as opened:
            async with asyncio.timeout(15):
                with pytest.raises(Unavailable):
                    await opened.store.check()


async def test_wrong_credentials_are_our_fault_not_the_callers(seaweed: SeaweedServer, s3_url: str) -> None:
    for credentials in (S3Credentials("test", "wrong"), S3Credentials("nobody", "wrong")):
        async with open_store(s3_url, credentials=credentials, signing_key=b"", public_url="") as opened:
            with pytest.raises(StorageDenied):
                await opened.store.put("a.bin", b"x", content_type=BIN)
            with pytest.raises(StorageDenied):
                await opened.store.head("a.bin")
            with pytest.raises(Unavailable):
                await opened.store.check()
