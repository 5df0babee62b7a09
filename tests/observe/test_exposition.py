"""What a scraper gets: from a socket, also while the records are away, and not more often than they bear."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from server.database.clock import utc_now
from server.database.open import Database
from server.jobs.handover.open_counts import count_open
from server.jobs.model import Failure, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.observe.exposition import Exposition, serving_metrics
from server.observe.metrics import Metrics
from server.webhooks.pending import count_pending
from tests.observe.exposed import value
from tests.services.databases import database, database_url, empty_database_url, postgres
from tests.services.ports import lasting_port
from zerokerf.errors import ConfigError, Unavailable

__all__ = ["database", "database_url", "empty_database_url", "postgres"]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics.fresh()


async def test_metrics_are_served_where_the_setting_says_and_nowhere_else(metrics: Metrics) -> None:
    address = f"127.0.0.1:{lasting_port()}"

    async with serving_metrics(address, metrics.registry), httpx.AsyncClient() as http:
        answer = await http.get(f"http://{address}/metrics")
        other = await http.get(f"http://{address}/")

    assert answer.headers["content-type"].startswith("text/plain")
    assert "zerokerf_event_loop_lag_seconds_count" in answer.text
    assert other.status_code == 404


async def test_an_address_that_is_taken_is_a_mistake_of_the_settings(metrics: Metrics) -> None:
    address = f"127.0.0.1:{lasting_port()}"

    async with serving_metrics(address, metrics.registry):
        with pytest.raises(ConfigError, match="Metrics cannot be served"):
            async with serving_metrics(address, Metrics.fresh().registry):
                pass


async def test_records_that_are_away_leave_the_other_metrics(metrics: Metrics) -> None:
    async def away() -> None:
        raise Unavailable("The database")

    text = (await Exposition(metrics.registry, [away]).text()).decode()

    assert value(text, "zerokerf_records_seen") == 0
    assert "zerokerf_rate_limited_total" in text


async def test_a_look_that_never_ends_is_given_up(metrics: Metrics) -> None:
    async def endless() -> None:
        await asyncio.Event().wait()

    exposition = Exposition(metrics.registry, [endless], look_limit_s=0.01)

    assert value((await exposition.text()).decode(), "zerokerf_records_seen") == 0


async def test_many_scrapes_are_one_look(metrics: Metrics) -> None:
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1

    exposition = Exposition(metrics.registry, [look])
    texts = await asyncio.gather(*(exposition.text() for _ in range(10)))

    assert looks == 1
    assert value(texts[-1].decode(), "zerokerf_records_seen") == 1


async def test_open_jobs_are_counted_from_the_records(database: Database, metrics: Metrics) -> None:
    records = SplitRecords(
        database, InProcessWakeups(), lambda: utc_now() - timedelta(seconds=60), observer=metrics.jobs
    )
    request = SplitRequest(source_url="https://example.com/a.wav", segment_ns=10**9)
    started, failed = [await records.create("acc_a", request, None) for _ in range(2)]
    await records.create("acc_a", request, None)
    for _ in range(2):
        await records.create("acc_b", request, None, most_at_once=1)
    await records.begin(started.id)
    await records.fail(failed.id, Failure("CORRUPT_FILE", "It is damaged."))

    counts = await count_open(database)

    assert counts.by_kind_and_state == {
        ("split", "processing"): 1,
        ("split", "queued"): 2,
        ("split", "waiting"): 1,
    }
    assert counts.waiting_since is not None
    assert 59 < (utc_now() - counts.waiting_since).total_seconds() < 120
    assert await count_pending(database) == 0


async def test_an_end_is_counted_once_however_often_it_is_recorded(
    database: Database, metrics: Metrics
) -> None:
    records = SplitRecords(database, InProcessWakeups(), observer=metrics.jobs)
    request = SplitRequest(source_url="https://example.com/a.wav", segment_ns=10**9)
    job = await records.create("acc_a", request, None)

    for _ in range(3):
        await records.fail(job.id, Failure("CORRUPT_FILE", "It is damaged."))

    text = (await Exposition(metrics.registry).text()).decode()
    assert value(text, "zerokerf_jobs_ended_total", kind="split", state="failed") == 1
    assert value(text, "zerokerf_job_seconds_count", kind="split", state="failed") == 0
