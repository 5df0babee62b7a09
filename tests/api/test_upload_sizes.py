"""Uploads over gRPC are limited by the plan of whoever makes them, from the first answer on."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import grpc
import pytest

from server.api.interceptors import CallInterceptor
from server.api.upload_service import UploadService
from tests.api.batch_house import LIMIT_BYTES, MINE, SMALL, SMALL_BYTES, House, Keys, refused
from tests.api.test_batch_uploads import header, stream
from zerokerf.v1 import batch_service_pb2 as batch_pb
from zerokerf.v1 import upload_service_pb2 as pb
from zerokerf.v1.upload_service_pb2_grpc import UploadServiceStub, add_UploadServiceServicer_to_server

if TYPE_CHECKING:  # exists for the type checker only
    from zerokerf.v1.upload_service_pb2_grpc import UploadServiceAsyncStub

Key = tuple[tuple[str, str], ...]
LIMITS = pytest.mark.parametrize(("key", "limit"), [(MINE, LIMIT_BYTES), (SMALL, SMALL_BYTES)])


@pytest.fixture
async def uploads(house: House) -> AsyncIterator["UploadServiceAsyncStub"]:
    server = grpc.aio.server(interceptors=[CallInterceptor(Keys())])
    add_UploadServiceServicer_to_server(UploadService(house.uploads), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield UploadServiceStub(channel)
    finally:
        await server.stop(None)


def limit_of(link: str) -> int:
    """What a signed link to a folder says of itself."""
    return int(parse_qs(urlsplit(link).query)["x"][0])


def writing(upload_id: str, size_bytes: int) -> Iterator[pb.WriteUploadRequest]:
    yield pb.WriteUploadRequest(header=pb.WriteUploadHeader(upload_id=upload_id, finish=True))
    yield pb.WriteUploadRequest(chunk=bytes(size_bytes))


@LIMITS
async def test_a_link_takes_no_more_than_the_plan(
    uploads: "UploadServiceAsyncStub", house: House, key: Key, limit: int
) -> None:
    upload = (await uploads.CreateUpload(pb.CreateUploadRequest(file_name="a.wav"), metadata=key)).upload
    place = await house.stub.CreateBatchUpload(
        batch_pb.CreateBatchUploadRequest(file_name="a.wav"), metadata=key
    )

    assert (limit_of(upload.url), limit_of(place.url)) == (limit, limit)


@LIMITS
async def test_a_declared_size_is_held_against_the_plan(
    uploads: "UploadServiceAsyncStub", key: Key, limit: int
) -> None:
    await uploads.CreateUpload(pb.CreateUploadRequest(file_name="a.wav", size=limit), metadata=key)

    too_large = pb.CreateUploadRequest(file_name="a.wav", size=limit + 1)
    error = await refused(uploads.CreateUpload(too_large, metadata=key))

    assert (error.reason, error.facts["limitBytes"]) == ("FILE_TOO_LARGE", str(limit))


@LIMITS
async def test_writing_ends_where_the_plan_does(
    uploads: "UploadServiceAsyncStub", key: Key, limit: int
) -> None:
    request = pb.CreateUploadRequest(file_name="a.wav")
    full, over = [(await uploads.CreateUpload(request, metadata=key)).upload.id for _ in range(2)]

    written = (await uploads.WriteUpload(writing(full, limit), metadata=key)).upload
    error = await refused(uploads.WriteUpload(writing(over, limit + 1), metadata=key))

    assert (written.complete, written.committed_size) == (True, limit)
    assert (error.reason, error.facts["limitBytes"]) == ("FILE_TOO_LARGE", str(limit))


@LIMITS
async def test_a_recording_sent_with_its_job_ends_where_the_plan_does(
    house: House, key: Key, limit: int
) -> None:
    await house.stub.StreamBatchJob(stream(header("full"), bytes(limit)), metadata=key)

    error = await refused(house.stub.StreamBatchJob(stream(header("over"), bytes(limit + 1)), metadata=key))

    assert (error.reason, error.facts["limitBytes"]) == ("FILE_TOO_LARGE", str(limit))
