"""Webhooks on a real engine: delivered in the end, tried as often as promised, then left alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.jobs.batch.records import BatchRecords
from server.jobs.model import Failure, Progress, SplitJob, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.webhooks.deliveries import Deliveries
from server.webhooks.delivery_log import DeliveryLog
from server.webhooks.delivery_records import DeliveryRecords
from server.webhooks.endpoints import Endpoints
from server.webhooks.model import Delivery, DeliveryState
from server.webhooks.sending import Sender
from server.webhooks.signing_secrets import SigningSecrets
from server.workflows.embedded.engine import running_engine
from server.workflows.messages import AttemptRef, RoundRef
from server.workflows.webhooks.activities import WebhookActivities, WebhookParts
from server.workflows.webhooks.bodies import WebhookBodies
from server.workflows.webhooks.engine import DeliveryEngine
from server.workflows.webhooks.worker import make_webhook_worker
from storage.signed_links import LocalSigner
from tests.fetch.site import forever
from tests.jobs.splits.work import FACTS, REQUEST, segment
from tests.webhooks.deliveries import new_account, new_delivery
from tests.webhooks.receiver import Received, answers, loopback_post, receiving

SIGNER = LocalSigner("https://example.com", b"k" * 32)


@dataclass(frozen=True)
class House:
    database: Database
    jobs: SplitRecords
    records: DeliveryRecords
    log: DeliveryLog
    activities: WebhookActivities

    async def ended_job(self, url: str, **changes: Any) -> SplitJob:  # noqa: ANN401 - fields of all types
        asked: SplitRequest = replace(REQUEST, webhook_url=url, **changes)
        job = await self.jobs.begin((await self.jobs.create("acc_a", asked, None)).id)
        await self.jobs.record_source(job.id, FACTS, "mp3")
        await self.jobs.record_segment(job.id, segment(0, 0, 200), Progress())
        await self.jobs.record_segment(job.id, segment(1, 200, 100), Progress())
        return await self.jobs.complete(job.id)

    async def delivery_of(self, job: SplitJob) -> Delivery:
        (listed,) = (await self.log.list(job.account_id, job_id=job.id)).deliveries
        return listed


@dataclass(frozen=True)
class Running:
    """Webhooks are being sent."""

    house: House
    client: Client
    deliveries: Deliveries

    async def ended(self, job: SplitJob) -> Delivery:
        """Once nothing goes on any more."""
        delivery = await self.house.delivery_of(job)
        sent = self.client.get_workflow_handle(f"{delivery.id}-{delivery.rounds}")
        await asyncio.wait_for(sent.result(), 20)
        return await self.house.delivery_of(job)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database:
        await migrate(database)
        await new_account(database)
        jobs, wakeups = SplitRecords(database, InProcessWakeups()), InProcessWakeups()
        records = DeliveryRecords(database)
        bodies = WebhookBodies(jobs, BatchRecords(database, wakeups), SIGNER)
        sender = Sender(loopback_post(limit_s=30), SigningSecrets(database))
        activities = WebhookActivities(WebhookParts(records, bodies, sender))
        yield House(database, jobs, records, DeliveryLog(database), activities)


@asynccontextmanager
async def sending(house: House, folder: Path, *schedule_s: float) -> AsyncIterator[Running]:
    async with running_engine(folder) as address:
        client = await Client.connect(address.target, namespace=address.namespace)
        async with make_webhook_worker(client, house.activities):
            yield running(house, client, *schedule_s)


def running(house: House, client: Client, *schedule_s: float) -> Running:
    engine = DeliveryEngine(client, schedule_s)
    return Running(house, client, Deliveries(house.records, house.log, engine))


async def test_a_completed_job_is_told_once_with_links_for_a_day(house: House, tmp_path: Path) -> None:
    async with receiving(answers(200)) as receiver, sending(house, tmp_path, 60) as runs:
        job = await house.ended_job(receiver.url, metadata={"lesson": "7"})
        await asyncio.gather(*(runs.deliveries.hand_over(job.id) for _ in range(3)))
        delivery = await runs.ended(job)

    (got,) = receiver.received
    told = json.loads(got.body)
    assert (delivery.state, delivery.attempts[0].answer) == (DeliveryState.DELIVERED, "thanks")
    assert got.headers["x-audiospliter-delivery"] == delivery.id
    assert (told["event"], told["jobId"]) == ("job.completed", job.id)
    assert told["data"]["metadata"] == {"lesson": "7"}
    assert [each["duration"] for each in told["data"]["segments"]] == [0.025, 0.013]
    assert told["data"]["totalDuration"] == 0.038
    lives = _time(told["data"]["segments"][0]["expiresAt"]) - _time(told["timestamp"])
    assert lives == timedelta(hours=24)
    assert told["data"]["segments"][1]["downloadUrl"].startswith("https://example.com/files/t/acc_a/j/")


async def test_each_attempt_is_the_same_and_comes_when_it_is_due(house: House, tmp_path: Path) -> None:
    schedule_s = 0.3, 0.6
    async with (
        receiving(answers(500, 302, 204)) as receiver,
        sending(house, tmp_path, *schedule_s) as runs,
    ):
        job = await house.ended_job(receiver.url)
        await runs.deliveries.hand_over(job.id)
        delivery = await runs.ended(job)

    assert delivery.state is DeliveryState.DELIVERED
    assert [attempt.status for attempt in delivery.attempts] == [500, 302, 204]
    assert len({(got.body, got.headers["webhook-id"]) for got in receiver.received}) == 1
    times = [attempt.time for attempt in delivery.attempts]
    waited_s = [(after - before).total_seconds() for before, after in pairwise(times)]
    assert [wait_s >= due_s for wait_s, due_s in zip(waited_s, schedule_s, strict=True)] == [True, True]


async def test_after_the_last_attempt_it_is_given_up_and_sent_again_by_hand(
    house: House, tmp_path: Path
) -> None:
    async with receiving(answers(500, 500, 200)) as receiver, sending(house, tmp_path, 0) as runs:
        job = await house.ended_job(receiver.url)
        await runs.deliveries.hand_over(job.id)
        failed = await runs.ended(job)
        (endpoint,) = await Endpoints(house.database).troubled("acc_a")
        await runs.deliveries.redeliver("acc_a", failed.id)
        delivered = await runs.ended(job)

    assert (failed.state, len(failed.attempts), endpoint.failed_in_a_row) == (DeliveryState.FAILED, 2, 1)
    assert (delivered.state, len(delivered.attempts)) == (DeliveryState.DELIVERED, 3)
    assert len({(got.body, got.headers["webhook-id"]) for got in receiver.received}) == 1
    assert await Endpoints(house.database).troubled("acc_a") == ()


async def test_deleting_a_job_stops_what_is_to_be_told_of_it(house: House, tmp_path: Path) -> None:
    async with receiving(answers(500)) as receiver, sending(house, tmp_path, 0.5, 0) as runs:
        job = await house.ended_job(receiver.url)
        await runs.deliveries.hand_over(job.id)
        await receiver.until(1)
        await house.jobs.delete("acc_a", job.id)
        delivery = await runs.ended(job)

    assert delivery.state is DeliveryState.STOPPED
    assert len(receiver.received) == 1


async def test_a_worker_that_goes_leaves_its_attempt_to_the_next(house: House, tmp_path: Path) -> None:
    async def hangs_once(_: Received, writer: asyncio.StreamWriter) -> None:
        if len(receiver.received) == 1:
            await forever()
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n")

    async with receiving(hangs_once) as receiver, running_engine(tmp_path) as address:
        client = await Client.connect(address.target, namespace=address.namespace)
        runs = running(house, client, 60)
        job = await house.ended_job(receiver.url)
        async with make_webhook_worker(client, house.activities, grace=timedelta(0)):
            await runs.deliveries.hand_over(job.id)
            await receiver.until(1)
        async with make_webhook_worker(client, house.activities):
            delivery = await runs.ended(job)

    assert delivery.state is DeliveryState.DELIVERED
    assert len(delivery.attempts) == 1
    assert len({(got.body, got.headers["webhook-id"]) for got in receiver.received}) == 1


async def test_an_attempt_that_is_on_record_is_not_made_again(house: House) -> None:
    async with receiving(answers(500)) as receiver:
        job = await house.ended_job(receiver.url)
        delivery = await house.delivery_of(job)
        ref = AttemptRef(RoundRef(delivery.id, 1, (60.0, 60.0)))
        first = await ActivityEnvironment().run(house.activities.attempt, ref)
        again = await ActivityEnvironment().run(house.activities.attempt, ref)

    assert len(receiver.received) == 1
    assert first is not None
    assert again is not None
    assert (again.made, 50 < again.wait_s <= 60) == (1, True)


async def test_a_round_that_is_over_sends_nothing(house: House) -> None:
    async with receiving(answers(200)) as receiver:
        delivery = await house.delivery_of(await house.ended_job(receiver.url))
        for ref in (RoundRef(delivery.id, 2, (60.0,)), RoundRef("dlv_gone", 1, ())):
            assert await ActivityEnvironment().run(house.activities.attempt, AttemptRef(ref)) is None

    assert receiver.received == []


@pytest.mark.parametrize(
    "columns", [{"job_id": None}, {"job_id": "job_gone"}, {"account_id": "acc_gone", "body": "{}"}]
)
async def test_what_nothing_can_be_said_of_is_stopped(house: House, columns: dict[str, Any]) -> None:
    delivery_id = await new_delivery(house.database, **columns)

    found = await ActivityEnvironment().run(
        house.activities.attempt, AttemptRef(RoundRef(delivery_id, 1, (60.0,)))
    )

    assert found is None
    stopped = await house.records.load(delivery_id)
    assert stopped is not None
    assert stopped.state is DeliveryState.STOPPED


async def test_failures_and_progress_are_told(house: House) -> None:
    async with receiving(answers(200)) as receiver:
        asked = replace(REQUEST, webhook_url=receiver.url)
        job = await house.jobs.begin((await house.jobs.create("acc_a", asked, None)).id)
        await house.jobs.fail(job.id, Failure("CORRUPT_FILE", "The source is damaged.", {}))
        failed = await house.delivery_of(job)
        progress = await new_delivery(
            house.database, job_id=job.id, url=receiver.url, event="job.progress", detail={"progress": 75}
        )
        for delivery_id in (failed.id, progress):
            ref = AttemptRef(RoundRef(delivery_id, 1, ()))
            assert await ActivityEnvironment().run(house.activities.attempt, ref) is None

    bodies = [json.loads(got.body) for got in receiver.received]
    assert [body["event"] for body in bodies] == ["job.failed", "job.progress"]
    assert bodies[0]["data"]["error"] == {"code": "CORRUPT_FILE", "message": "The source is damaged."}
    assert bodies[1]["data"] == {"status": "processing", "progress": 75}


async def test_an_archive_is_told_with_a_link(house: House) -> None:
    detail = {"exportId": "exp_1", "format": "csv", "size": 7}
    async with receiving(answers(200)) as receiver:
        delivery_id = await new_delivery(
            house.database,
            job_id=None,
            url=receiver.url,
            event="account.exported",
            detail=detail,
            created_at=datetime.now(UTC),
        )
        await ActivityEnvironment().run(house.activities.attempt, AttemptRef(RoundRef(delivery_id, 1, ())))

    told = json.loads(receiver.received[0].body)
    assert (told["event"], told["exportId"]) == ("account.exported", "exp_1")
    assert told["data"].pop("downloadUrl").startswith("https://example.com/files/")
    assert _time(told["data"].pop("expiresAt")) == _time(told["timestamp"]) + timedelta(hours=24)
    assert told["data"] == {"status": "completed", "format": "csv", "size": 7}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
