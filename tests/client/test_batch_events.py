"""Watching transcription jobs, and fetching what they made."""

from pathlib import Path

import pytest

from tests.client.state import Service
from zerokerf import errors
from zerokerf.client import AsyncClient
from zerokerf.v1.batch_pb2 import BatchFile, BatchJob

URL = "https://example.org/talk.mp3"
TEXT = "It was the best of times.\n"


async def create(client: AsyncClient) -> str:
    return (await client.batch.create(url=URL)).id


async def sequences(client: AsyncClient, job_id: str, after: int = 0) -> list[int]:
    return [event.sequence async for event in client.batch.watch(job_id, after)]


@pytest.fixture
async def text(service: Service, client: AsyncClient) -> BatchFile:
    """The txt of a job that is done."""
    service.transcription.texts["txt"] = TEXT.encode()
    job_id = await create(client)
    await client.batch.wait(job_id)
    return next(file for file in (await client.batch.files(job_id)).outputs if file.format == "txt")


async def test_broken_streams_and_gaps_are_not_noticed(service: Service, client: AsyncClient) -> None:
    job_id = await create(client)
    await client.batch.wait(job_id)
    service.transcription.watches.clear()
    service.faults.watch_breaks.extend([0, 2])
    service.faults.watch_gaps.extend([0, 0, 5])

    assert await sequences(client, job_id) == [1, 2, 3, 4, 5, 6]
    assert service.transcription.watches == [0, 0, 2, 4]


async def test_a_watch_begins_after_its_cursor(client: AsyncClient) -> None:
    job_id = await create(client)
    await client.batch.wait(job_id)

    assert await sequences(client, job_id, after=4) == [5, 6]
    assert await sequences(client, job_id, after=6) == []


async def test_a_deleted_job_has_nothing_more_to_tell(client: AsyncClient) -> None:
    job_id = await create(client)
    await client.batch.wait(job_id)
    await client.batch.delete(job_id)

    assert await sequences(client, job_id, after=6) == []
    assert (await client.batch.wait(job_id)).state == BatchJob.STATE_DELETED


async def test_watching_a_missing_job_fails_at_once(service: Service, client: AsyncClient) -> None:
    with pytest.raises(errors.JobNotFound):
        await sequences(client, "nope")

    assert service.transcription.watches == [0]


async def test_wait_returns_a_failed_job_with_its_reason(service: Service, client: AsyncClient) -> None:
    service.transcription.failure = errors.CorruptFile("frame 7 ends early")

    failed = await client.batch.wait(await create(client))

    assert (failed.state, failed.error.reason) == (BatchJob.STATE_FAILED, "CORRUPT_FILE")


async def test_every_transcript_is_listed_once_the_job_is_done(service: Service, client: AsyncClient) -> None:
    service.faults.finish.clear()
    job_id = await create(client)
    early = await client.batch.files(job_id)
    service.faults.finish.set()
    await client.batch.wait(job_id)

    files = await client.batch.files(job_id)

    assert list(early.outputs) == []
    assert [file.format for file in files.outputs] == ["json", "txt", "srt", "vtt"]
    assert len(files.inputs) == 1


async def test_a_transcript_is_saved_under_its_name_or_the_one_given(
    client: AsyncClient, text: BatchFile, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []

    named = await client.batch.download(text, tmp_path)
    given = await client.batch.download(text, tmp_path / "x", lambda done, all_: seen.append((done, all_)))

    assert (named.name, given.name) == ("call1.txt", "x")
    assert named.read_text() == given.read_text() == TEXT
    assert seen[-1] == (len(TEXT), len(TEXT))
    assert len(list(tmp_path.iterdir())) == 2


async def test_a_broken_download_begins_anew(
    service: Service, client: AsyncClient, text: BatchFile, tmp_path: Path
) -> None:
    service.files.breaks.extend([5, 0])
    service.files.statuses.extend([503])

    path = await client.batch.download(text, tmp_path)

    assert path.read_text() == TEXT
    assert service.files.starts == [0] * 4


async def test_an_empty_transcript_is_saved_too(
    service: Service, client: AsyncClient, text: BatchFile, tmp_path: Path
) -> None:
    service.files.add("call1.txt", b"")

    assert (await client.batch.download(text, tmp_path)).read_bytes() == b""


async def test_a_file_of_unknown_length_is_never_taken_for_whole(
    service: Service, client: AsyncClient, text: BatchFile, tmp_path: Path
) -> None:
    service.files.is_endless = True

    with pytest.raises(errors.Unavailable):
        await client.batch.download(text, tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_an_expired_link_is_a_typed_error(
    service: Service, client: AsyncClient, text: BatchFile, tmp_path: Path
) -> None:
    service.files.statuses.append(403)

    with pytest.raises(errors.LinkRefused, match=r"call1\.txt"):
        await client.batch.download(text, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["../../evil", "a/..", "", "c:\\evil"])
async def test_no_key_leads_out_of_the_folder(
    client: AsyncClient, text: BatchFile, tmp_path: Path, key: str
) -> None:
    text.key = key

    path = await client.batch.download(text, tmp_path)

    assert path.parent == tmp_path
    assert path.name in {"evil", "txt"}
