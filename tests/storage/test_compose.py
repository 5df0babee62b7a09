"""Objects that an S3 server makes of ranges of others, beside the same bytes sent to it."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from storage.address import parse_address
from storage.compose import (
    LEAST_PART_BYTES,
    CannotCompose,
    Composition,
    StoredRange,
    parts_of,
)
from storage.s3 import S3Store
from storage.s3_client import S3Address, S3Credentials, provider_of
from tests.services.seaweed import SeaweedServer
from tests.storage.content import MIB, keys, noise, read
from tests.storage.fault_proxy import Fault, FaultProxy, Request, every, fault_proxy, first
from zerokerf.errors import ObjectDamaged, ObjectNotFound, Unavailable

BIN = "application/octet-stream"
SOURCE = noise(23 * MIB + 7)
COPIES = "partNumber=2"


@pytest.fixture
async def proxy(seaweed: SeaweedServer) -> AsyncIterator[FaultProxy]:
    async with fault_proxy(seaweed.endpoint) as proxy:
        yield proxy


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(
    s3_url: str, seaweed: SeaweedServer, proxy: FaultProxy, clock: Clock
) -> AsyncIterator[S3Store]:
    """In parts as small as S3 allows, so that small objects have many."""
    address = parse_address(s3_url.replace(seaweed.endpoint, proxy.endpoint))
    assert isinstance(address, S3Address)
    credentials = provider_of(S3Credentials(seaweed.access_key, seaweed.secret_key))
    store = S3Store(address, credentials, copy_bytes=2 * LEAST_PART_BYTES, clock=clock)
    await store.check()
    yield store
    await store.aclose()


async def whole_source(store: S3Store) -> StoredRange:
    info = await store.put("source.bin", SOURCE, content_type=BIN)
    return StoredRange("source.bin", 0, len(SOURCE), info.etag or "")


async def unfinished(store: S3Store) -> int:
    return await store.sweep_unfinished(datetime.now(UTC) + timedelta(hours=1))


@pytest.mark.parametrize(
    ("head", "offset", "size_bytes", "tail"),
    [
        (b"", 0, len(SOURCE), b""),
        (b"h" * 44, 0, len(SOURCE), b""),
        (b"h" * 44, 1, 23 * MIB, b"\0"),
        (b"h" * 44, 5, 2 * LEAST_PART_BYTES, b"tags" * 999),
        (b"h" * 44, 5, 2 * LEAST_PART_BYTES - 45, b"t"),
        (b"h" * 44, 9, 3, b"t"),
        (b"", 9, 3, b"t"),
        (b"", 7 * MIB + 1, 1, b""),
        (b"h" * (LEAST_PART_BYTES + 1), 3, LEAST_PART_BYTES, b"t"),
    ],
)
async def test_what_is_composed_is_what_would_have_been_sent(
    store: S3Store, head: bytes, offset: int, size_bytes: int, tail: bytes
) -> None:
    source = await whole_source(store)
    body = replace(source, offset=offset, size_bytes=size_bytes)

    made = await store.compose("made.bin", Composition(body, head, tail), content_type=BIN)

    expected = head + SOURCE[offset : offset + size_bytes] + tail
    assert await read(store, "made.bin") == expected
    assert (made.size, made.sha256) == (len(expected), None)
    assert made.etag == (await store.head("made.bin")).etag
    assert await unfinished(store) == 0


def test_parts_cover_the_body_once_and_none_but_the_last_is_too_small() -> None:
    chance = random.Random(7)
    for _ in range(3000):
        size_bytes = chance.choice([chance.randrange(1, 80 * MIB), chance.randrange(1, 12 * MIB)])
        head, tail = b"h" * chance.choice([0, 44, 80]), b"t" * chance.choice([0, 1, 5000])
        offset = chance.randrange(10**10)
        body = StoredRange("a", offset, size_bytes, "e")
        copy_bytes = chance.choice([2 * LEAST_PART_BYTES, 64 * MIB])

        parts = parts_of(Composition(body, head, tail), copy_bytes)

        position = offset + parts.sent_bytes
        for start, size in parts.copies:
            assert start == position
            assert 0 < size <= copy_bytes
            position += size
        assert position == offset + size_bytes
        begun = [len(head) + parts.sent_bytes] if head and parts.copies else []
        sizes = begun + [size for _, size in parts.copies] + [len(tail)] * bool(tail)
        assert all(size >= LEAST_PART_BYTES for size in sizes[:-1])


async def test_a_source_that_has_become_another_object_is_not_used(store: S3Store) -> None:
    source = await whole_source(store)
    await store.put("source.bin", SOURCE[::-1], content_type=BIN)

    with pytest.raises(ObjectDamaged):
        await store.compose("made.bin", Composition(source, b"head"), content_type=BIN)

    assert await keys(store) == ["source.bin"]
    assert await unfinished(store) == 0


async def test_a_source_that_is_missing_is_not_found(store: S3Store) -> None:
    source = StoredRange("nowhere.bin", 0, 8 * MIB, "0" * 32)

    with pytest.raises((ObjectNotFound, ObjectDamaged)):
        await store.compose("made.bin", Composition(source), content_type=BIN)

    assert await unfinished(store) == 0


async def test_a_server_that_cannot_do_it_is_left_alone_for_ten_minutes(
    store: S3Store, proxy: FaultProxy, clock: Clock
) -> None:
    source = await whole_source(store)
    proxy.rule = every(Fault.UNKNOWN, "PUT", COPIES)
    with pytest.raises(CannotCompose):
        await store.compose("made.bin", Composition(source, b"head"), content_type=BIN)
    assert await unfinished(store) == 0

    proxy.rule = every(Fault.BROKEN, "POST", "uploads")  # asked again, it would be in trouble
    clock.now_s += 599
    with pytest.raises(CannotCompose):
        await store.compose("made.bin", Composition(source, b"head"), content_type=BIN)

    proxy.rule = every(Fault.NONE, "POST", "uploads")
    clock.now_s += 2
    await store.compose("made.bin", Composition(source, b"head"), content_type=BIN)


async def test_one_refusal_says_nothing_about_the_next_copy(store: S3Store, proxy: FaultProxy) -> None:
    source = await whole_source(store)
    proxy.rule = every(Fault.REFUSE, "PUT", COPIES)
    with pytest.raises(CannotCompose):
        await store.compose("made.bin", Composition(source, b"head"), content_type=BIN)
    assert await unfinished(store) == 0

    proxy.rule = every(Fault.NONE, "PUT", COPIES)
    await store.compose("made.bin", Composition(source, b"head"), content_type=BIN)

    assert await read(store, "made.bin") == b"head" + SOURCE


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.LOSE_REPLY])
@pytest.mark.parametrize(
    ("method", "target"), [("PUT", COPIES), ("POST", "uploadId=")], ids=["a copy", "completing"]
)
async def test_one_failure_does_not_cost_the_object(
    store: S3Store, proxy: FaultProxy, fault: Fault, method: str, target: str
) -> None:
    source = await whole_source(store)
    proxy.rule = first(fault, method, target)

    await store.compose("made.bin", Composition(source, b"head", b"tail"), content_type=BIN)

    assert await read(store, "made.bin") == b"head" + SOURCE + b"tail"


async def test_a_server_in_trouble_is_not_taken_for_one_that_refuses(
    store: S3Store, proxy: FaultProxy
) -> None:
    source = await whole_source(store)
    proxy.rule = every(Fault.GONE, "PUT", COPIES)
    with pytest.raises(Unavailable):
        await store.compose("made.bin", Composition(source, b"head"), content_type=BIN)

    proxy.rule = first(Fault.BUSY, "PUT", COPIES)
    await store.compose("made.bin", Composition(source, b"head"), content_type=BIN)
    assert await unfinished(store) == 0


async def test_cancelling_leaves_no_upload_open(store: S3Store, proxy: FaultProxy) -> None:
    source = await whole_source(store)
    is_sending = asyncio.Event()

    def rule(request: Request) -> Fault:
        if "partNumber" in request.target:
            is_sending.set()
        return Fault.SLOW

    proxy.rule = rule
    work = asyncio.create_task(store.compose("made.bin", Composition(source, b"head"), content_type=BIN))
    async with asyncio.timeout(5):
        await is_sending.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    assert await keys(store) == ["source.bin"]
    assert await unfinished(store) == 0
