"""What webhooks say of jobs as they are on record, and how long their links work."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.jobs.batch.records import BatchRecords
from server.jobs.model import Failure, Job, Progress, SplitRequest, Terms
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.webhooks.delivery_log import DeliveryLog
from server.webhooks.model import Delivery
from server.workflows.webhooks.bodies import WebhookBodies
from storage.signed_links import LocalSigner
from tests.jobs.batch import work as batch_work
from tests.jobs.splits.work import FACTS, REQUEST, segment
from tests.webhooks.deliveries import BEGINNING, Hand

URL = "https://hooks.example.com/a"


@dataclass(frozen=True)
class Desk:
    splits: SplitRecords
    batches: BatchRecords
    bodies: WebhookBodies
    log: DeliveryLog
    hand: Hand

    async def told(self, job: Job[Any]) -> dict[str, Any]:
        """What a body that is made now says."""
        body = await self.bodies.make(await self.delivery(job))
        assert body is not None
        told: dict[str, Any] = json.loads(body)
        return told

    async def delivery(self, job: Job[Any]) -> Delivery:
        (delivery,) = (await self.log.list(job.account_id, job_id=job.id)).deliveries
        return delivery

    async def completed(self, request: SplitRequest, hours: int | None = None) -> Job[SplitRequest]:
        asked, terms = replace(request, webhook_url=URL), Terms(retention_hours=hours)
        job = await self.splits.begin((await self.splits.create("acc_a", asked, None, terms)).id)
        await self.splits.record_source(job.id, FACTS, "mp3")
        cut = replace(segment(0, 0, 300), title="Eins", overlap_samples=8)
        await self.splits.record_segment(job.id, cut, Progress())
        return await self.splits.complete(job.id)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    hand, wakeups = Hand(), InProcessWakeups()
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database:
        await migrate(database)
        yield _desk(database, hand, wakeups)


def _desk(database: Database, hand: Hand, wakeups: InProcessWakeups) -> Desk:
    splits, batches = SplitRecords(database, wakeups, hand), BatchRecords(database, wakeups, hand)
    signer = LocalSigner("https://example.com", b"k" * 32, lambda: hand.now.replace(microsecond=0))
    return Desk(splits, batches, WebhookBodies(splits, batches, signer, hand), DeliveryLog(database), hand)


def ends(told: dict[str, Any]) -> timedelta:
    """How long after the beginning the first link ends, as it says itself."""
    (first, *_) = told["data"].get("segments") or told["data"]["files"]
    link = first.get("downloadUrl") or first["download_url"]
    stated = datetime.fromisoformat(first.get("expiresAt") or first["expires_at"])
    real = datetime.fromtimestamp(int(link.partition("?e=")[2].partition("&")[0]), UTC)
    assert stated <= real <= stated + timedelta(seconds=2)
    return stated - BEGINNING


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda request: request, "duration"),
        (lambda request: replace(request, segment_ns=None, max_file_size=10**6), "fileSize"),
    ],
)
async def test_a_documented_job_says_what_is_documented(
    desk: Desk, change: Callable[[SplitRequest], SplitRequest], name: str
) -> None:
    told = await desk.told(await desk.completed(change(REQUEST)))

    assert list(told["data"]) == [
        "status",
        "splitMode",
        "segmentCount",
        "totalDuration",
        "segments",
        "metadata",
    ]
    assert told["data"]["splitMode"] == name
    assert told["data"]["metadata"] == REQUEST.metadata
    assert list(told["data"]["segments"][0]) == ["index", "downloadUrl", "duration", "size", "expiresAt"]


async def test_an_extension_says_why_it_cut(desk: Desk) -> None:
    request = replace(REQUEST, segment_ns=None, by_chapters=True, metadata=None)

    data = (await desk.told(await desk.completed(request)))["data"]

    assert data["splitMode"] == "chapters"
    assert "metadata" not in data
    (only,) = data["segments"]
    assert (only["reason"], only["title"], only["overlap"]) == ("planned", "Eins", 0.001)


async def test_links_end_a_day_after_the_event_however_soon_they_are_made(desk: Desk) -> None:
    job = await desk.completed(REQUEST)
    desk.hand.turn(hours=3, milliseconds=700)

    assert ends(await desk.told(job)) == timedelta(hours=24)


async def test_links_do_not_outlive_the_files(desk: Desk) -> None:
    job = await desk.completed(REQUEST, hours=7)

    assert ends(await desk.told(job)) == timedelta(hours=7)
    desk.hand.turn(hours=7)
    (only,) = (await desk.told(job))["data"]["segments"]
    assert list(only) == ["index", "duration", "size"]


async def test_a_first_attempt_that_is_days_late_carries_links_that_work(desk: Desk) -> None:
    job = await desk.completed(REQUEST)
    desk.hand.turn(days=3)

    told = await desk.told(job)

    assert ends(told) == timedelta(days=4)
    assert told["timestamp"] == "2026-05-02T08:15:40Z"


async def test_a_transcription_job_says_where_its_files_are(desk: Desk) -> None:
    asked = replace(batch_work.REQUEST, webhook_url=URL)
    job = await desk.batches.begin((await desk.batches.create("acc_a", asked, "call17")).id)
    await desk.batches.complete(job.id, {"word_count": 3, "language": "en"})

    told = await desk.told(job)

    assert (told["event"], told["jobId"]) == ("batch.done", "call17")
    assert (told["data"]["job_id"], told["data"]["status"]) == ("call17", "DONE")
    assert told["data"]["metadata"] == asked.metadata
    assert {file["format"] for file in told["data"]["files"]} == {"json", "txt", "srt", "vtt"}
    assert ends(told) == timedelta(hours=24)


async def test_a_transcription_job_that_failed_says_why(desk: Desk) -> None:
    asked = replace(batch_work.REQUEST, webhook_url=URL, metadata=None)
    job = await desk.batches.begin((await desk.batches.create("acc_a", asked, "call17")).id)
    await desk.batches.fail(job.id, Failure("CORRUPT_FILE", "The source is damaged."))

    assert (await desk.told(job))["data"] == {
        "job_id": "call17",
        "status": "FAILED",
        "error": {"code": "CORRUPT_FILE", "message": "The source is damaged."},
        "files": [],
    }


async def test_of_a_deleted_job_nothing_is_said(desk: Desk) -> None:
    job = await desk.completed(REQUEST)
    delivery = await desk.delivery(job)
    await desk.splits.delete("acc_a", job.id)

    assert await desk.bodies.make(delivery) is None
    assert await desk.bodies.make(replace(delivery, event="other.event")) is None
