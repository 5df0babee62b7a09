"""Files go up and come down whole, whatever breaks on the way."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from tests.client.state import Service
from zerokerf import errors
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Segment

MIB = 2**20


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    path.write_bytes(os.urandom(3 * MIB + 17))
    return path


@pytest.fixture
async def segment(client: AsyncClient, service: Service) -> Segment:
    service.segments = [os.urandom(3 * MIB + 5)]
    job = await client.create_split(url="https://example.org/a.mp3", every=timedelta(minutes=1))
    return (await client.wait(job.id)).segments[0]


async def test_an_upload_arrives_whole(service: Service, client: AsyncClient, song: Path) -> None:
    seen: list[tuple[int, int]] = []

    upload = await client.upload(song, lambda done, total: seen.append((done, total)))

    assert upload.complete
    assert upload.file_name == "song.wav"
    assert service.contents[upload.id] == song.read_bytes()
    assert seen[-1] == (song.stat().st_size, song.stat().st_size)


async def test_a_broken_upload_goes_on_from_the_committed_bytes(
    service: Service, client: AsyncClient, song: Path
) -> None:
    service.faults.upload_breaks.extend([MIB + 5, 0, MIB])
    seen: list[int] = []

    upload = await client.upload(song, lambda done, _: seen.append(done))

    assert service.contents[upload.id] == song.read_bytes()
    assert service.write_offsets == [0, MIB + 5, MIB + 5, 2 * MIB + 5, 3 * MIB + 17]
    assert seen == sorted(seen)


@pytest.mark.parametrize("lost", [1, 2])
async def test_an_upload_whose_answers_got_lost_is_not_sent_again(
    service: Service, client: AsyncClient, song: Path, lost: int
) -> None:
    service.faults.lost_answers["WriteUpload"] = lost

    upload = await client.upload(song)

    assert upload.complete
    assert service.contents[upload.id] == song.read_bytes()
    assert service.write_offsets == [0, song.stat().st_size]


async def test_an_upload_survives_a_service_that_can_not_be_asked_for_a_while(
    service: Service, client: AsyncClient, song: Path
) -> None:
    service.faults.upload_breaks.append(MIB)
    service.faults.lost_answers["GetUpload"] = 4

    upload = await client.upload(song)

    assert service.contents[upload.id] == song.read_bytes()


async def test_an_upload_that_never_gets_on_is_given_up(
    service: Service, client: AsyncClient, song: Path
) -> None:
    service.faults.upload_breaks.extend([0] * 10)

    with pytest.raises(errors.Unavailable):
        await client.upload(song)
    assert service.write_offsets == [0] * 4


async def test_an_empty_file_is_uploaded_too(client: AsyncClient, tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()

    assert (await client.upload(empty)).complete


async def test_a_file_over_the_limit_is_refused(service: Service, client: AsyncClient, song: Path) -> None:
    service.source_limit_bytes = MIB

    with pytest.raises(errors.FileTooLarge, match="at most 1048576 bytes"):
        await client.upload(song)


async def test_a_file_that_grew_over_the_limit_is_refused_in_mid_stream(
    service: Service, client: AsyncClient, song: Path
) -> None:
    def lower_the_limit(_done: int, _total: int) -> None:
        service.source_limit_bytes = MIB

    for _ in range(20):
        service.source_limit_bytes = 2**30
        with pytest.raises(errors.FileTooLarge):
            await client.upload(song, lower_the_limit)


async def test_a_file_that_shrinks_meanwhile_is_never_taken_for_whole(
    service: Service, client: AsyncClient, song: Path
) -> None:
    def shrink(_done: int, _total: int) -> None:
        os.truncate(song, MIB)

    with pytest.raises(errors.FileChanged):
        await client.upload(song, shrink)
    assert not service.uploads["upload1"].complete


async def test_a_missing_file_is_an_os_error(service: Service, client: AsyncClient, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await client.upload(tmp_path / "none.wav")
    assert service.calls == []


async def test_a_job_can_be_made_of_a_file(service: Service, client: AsyncClient, song: Path) -> None:
    await client.create_split(file=song, every=timedelta(minutes=1))

    (request, _), *_ = service.requests.values()
    assert service.contents[request.source.upload_id] == song.read_bytes()


async def test_a_repeated_job_of_a_file_is_sent_and_made_once(
    service: Service, client: AsyncClient, song: Path
) -> None:
    jobs = [
        await client.create_split(file=song, every=timedelta(minutes=1), request_id="monday")
        for _ in range(2)
    ]

    assert jobs[0].id == jobs[1].id
    assert list(service.uploads) == ["upload1"]
    assert service.write_offsets == [0, song.stat().st_size]


async def test_an_interrupted_upload_is_taken_up_by_a_later_call(
    service: Service, client: AsyncClient, song: Path
) -> None:
    service.faults.upload_breaks.extend([2 * MIB, 0, 0, 0, 0])
    with pytest.raises(errors.Unavailable):
        await client.upload(song, request_id="monday")
    service.faults.upload_breaks.clear()

    upload = await client.upload(song, request_id="monday")

    assert service.contents[upload.id] == song.read_bytes()
    assert service.write_offsets[-2:] == [2 * MIB, song.stat().st_size]


async def test_a_segment_arrives_under_its_name_with_its_content(
    service: Service, client: AsyncClient, segment: Segment, tmp_path: Path
) -> None:
    seen: list[int] = []

    path = await client.download(segment, tmp_path, lambda done, _: seen.append(done))

    assert path == tmp_path / "talk_000.wav"
    assert path.read_bytes() == service.segments[0]
    assert seen[-1] == segment.size


@pytest.mark.parametrize("knows_ranges", [True, False])
async def test_a_broken_download_goes_on(
    service: Service, client: AsyncClient, segment: Segment, tmp_path: Path, knows_ranges: bool
) -> None:
    service.files.knows_ranges = knows_ranges
    service.files.breaks.extend([MIB, 0])
    seen: list[int] = []

    path = await client.download(segment, tmp_path / "out.wav", lambda done, _: seen.append(done))

    assert path.read_bytes() == service.segments[0]
    assert service.files.starts == [0, MIB, MIB] if knows_ranges else len(service.files.starts) == 3
    assert seen == sorted(seen)


async def test_a_download_outlives_a_busy_store(
    service: Service, client: AsyncClient, segment: Segment, tmp_path: Path
) -> None:
    service.files.statuses.extend([503, 429])

    path = await client.download(segment, tmp_path)

    assert path.read_bytes() == service.segments[0]


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_an_expired_link_is_not_tried_again(
    service: Service, client: AsyncClient, segment: Segment, tmp_path: Path, status: int
) -> None:
    service.files.statuses.append(status)

    with pytest.raises(errors.LinkRefused, match=f"{status}.*fresh"):
        await client.download(segment, tmp_path)
    assert len(service.files.starts) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extra", [b"", b"and more than promised"])
async def test_a_damaged_segment_never_gets_its_name(
    service: Service, client: AsyncClient, segment: Segment, tmp_path: Path, extra: bytes
) -> None:
    damaged = service.segments[0][:-1] + b"!" + extra
    service.files.contents["/talk_000.wav"] = damaged

    with pytest.raises(errors.ChecksumMismatch):
        await client.download(segment, tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_link_that_never_ends_is_left(
    service: Service, client: AsyncClient, segment: Segment, tmp_path: Path
) -> None:
    service.files.is_endless = True

    async with asyncio.timeout(10):
        with pytest.raises(errors.ChecksumMismatch):
            await client.download(segment, tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_failed_download_leaves_the_old_file(
    service: Service, client: AsyncClient, segment: Segment, tmp_path: Path
) -> None:
    (tmp_path / "talk_000.wav").write_bytes(b"old")
    service.files.statuses.extend([500] * 10)

    with pytest.raises(errors.Unavailable):
        await client.download(segment, tmp_path)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\\..\\b.wav", "b.wav"),
        ("..", "segment_0000"),
        ("", "segment_0000"),
        ("evil\0.wav", "evil.wav"),
    ],
)
async def test_a_segments_name_cannot_leave_the_folder(
    client: AsyncClient, segment: Segment, tmp_path: Path, name: str, expected: str
) -> None:
    segment.file_name = name
    (tmp_path / "inside").mkdir()

    path = await client.download(segment, tmp_path / "inside")

    assert path == tmp_path / "inside" / expected


async def test_a_call_after_a_deadline_is_unavailable(service: Service, client: AsyncClient) -> None:
    service.faults.lost_answers["ListSplits"] = 1
    service.faults.lost_code = grpc.StatusCode.DEADLINE_EXCEEDED

    assert [split async for split in client.list_splits()] == []
    assert service.calls == ["ListSplits"] * 2
