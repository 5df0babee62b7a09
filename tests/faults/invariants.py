"""What is true of a service after any faults, once its jobs have ended: a list of all that is not."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from sqlalchemy import func, select

from server.database.clock import utc_now
from server.database.open import Database, open_database
from server.database.tables import job_events, jobs, split_segments, usage_records, webhook_deliveries
from server.retention.orphans import sweep_orphans
from storage.interface import ObjectStore
from tests.corpus.decoders import samples_by_soundfile
from tests.corpus.recordings import RATE
from tests.faults.chaos_houses import House
from tests.faults.chaos_jobs import Asked
from tests.services.folders import files_in
from tests.services.zerokerf import API_KEY
from tests.speech.recordings import load_readings, word_error_rate, words_in
from tests.webhooks.receiver import Received
from zerokerf.client import AsyncClient
from zerokerf.v1.batch_pb2 import BatchJob
from zerokerf.v1.split_pb2 import Split

_AT_ONCE = 4
_MOST_WORDS_WRONG = 0.1
#: The clocks of stores are their own.
_LATER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Problem:
    """`kind` is lost, doubled, untrue or left."""

    kind: str
    what: str


async def problems_of_jobs(
    house: House, asked: Sequence[Asked], received: Iterable[Received]
) -> list[Problem]:
    """While the service runs still."""
    found = [problem for each in asked for problem in _watched(each)]
    turns = asyncio.Semaphore(_AT_ONCE)
    async with AsyncClient(house.deployment.grpc_address, API_KEY) as client:

        async def one(each: Asked) -> list[Problem]:
            async with turns:
                return await (_split(client, each) if each.is_split else _transcript(client, each))

        for problems in await asyncio.gather(*(one(each) for each in asked if each.id)):
            found += problems
    splits = [each.id for each in asked if each.id and each.is_split]
    found += await problems_of_deliveries(house, splits, received)
    async with open_database(house.database_url) as database, house.opened_store() as opened:
        found += await _records(database, asked)
        await opened.sweeper.sweep_unfinished(utc_now() + _LATER)
        found += await _objects(database, opened.store, asked)
        left = await opened.sweeper.sweep_unfinished(utc_now() + _LATER)
        found += [Problem("left", f"{left} open uploads after the sweep")] if left else []
    return found


def problems_of_scratch(house: House) -> list[Problem]:
    """After the last workers have begun, without work."""
    root = Path(
        house.deployment.environment().get("ZEROKERF_SCRATCH_DIR", house.deployment.data_dir / "scratch")
    )
    files = (path.relative_to(root) for path in files_in(root) if path.name != ".lock")
    return [Problem("left", f"in scratch: {path}") for path in files]


def problems_of_processes(house: House) -> list[Problem]:
    """After everything was stopped."""
    ours = [each for each in psutil.process_iter() if _belongs_to(each, str(house.deployment.data_dir))]
    return [Problem("left", f"process {each}") for each in ours]


def _watched(asked: Asked) -> list[Problem]:
    if not asked.id or asked.trouble:
        return [Problem("lost", f"{asked.kind} {asked.id or 'was never accepted'}: {asked.trouble}")]
    found = []
    if asked.sequences != list(range(1, len(asked.sequences) + 1)):
        found.append(Problem("untrue", f"{asked.id}: its watch heard {asked.sequences}"))
    if asked.percents != sorted(asked.percents):
        found.append(Problem("untrue", f"{asked.id}: its progress fell: {asked.percents}"))
    return found


async def _split(client: AsyncClient, asked: Asked) -> list[Problem]:
    split = await client.get_split(asked.id)
    if split.state != Split.STATE_COMPLETED:
        state = Split.State.Name(split.state)
        return [
            Problem("lost", f"{asked.kind} {asked.id} is {state}: {split.error.reason} {split.error.message}")
        ]
    told = (
        []
        if split.last_sequence == len(asked.sequences)
        else [Problem("untrue", f"{asked.id}: events missed")]
    )
    return (
        told
        + _tiled(split, asked.length_s)
        + await _true_files(client, split)
        + await _true_manifest(client, split)
    )


def _tiled(split: Split, length_s: int) -> list[Problem]:
    position = 0
    for number, segment in enumerate(split.segments):
        if (segment.index, segment.first_sample) != (number, position):
            return [
                Problem(
                    "untrue", f"{split.id}: segment {number} is {segment.index} at {segment.first_sample}"
                )
            ]
        position += segment.sample_count
    whole = length_s * RATE
    return [] if position == whole else [Problem("untrue", f"{split.id}: {position} samples of {whole}")]


async def _true_files(client: AsyncClient, split: Split) -> list[Problem]:
    """Downloading checks size and SHA-256, where one is known; what was downloaded is decoded and counted."""
    found = []
    with TemporaryDirectory(prefix="chaos-") as folder:
        for segment in split.segments:
            file = await client.download(segment, Path(folder))
            count = await asyncio.to_thread(samples_by_soundfile, file)
            if count != segment.sample_count + segment.excess_samples:
                found.append(Problem("untrue", f"{split.id}: {file.name} has {count} samples"))
    return found


async def _true_manifest(client: AsyncClient, split: Split) -> list[Problem]:
    manifest = json.loads(await client.manifest(split.id))
    told = [(each["fileName"], each["sizeBytes"], each["sha256"] or "") for each in manifest["segments"]]
    shown = [(each.file_name, each.size, each.sha256) for each in split.segments]
    return [] if told == shown else [Problem("untrue", f"{split.id}: its manifest tells of other segments")]


async def _transcript(client: AsyncClient, asked: Asked) -> list[Problem]:
    job = await client.batch.get(asked.id)
    if job.state != BatchJob.STATE_DONE:
        return [Problem("lost", f"{asked.kind} {asked.id}: {job.error.reason} {job.error.message}")]
    links = {file.format: file for file in (await client.batch.files(asked.id)).outputs}
    with TemporaryDirectory(prefix="chaos-") as folder:
        path = await client.batch.download(links["txt"], Path(folder))
        wrong = word_error_rate(load_readings().worstward.words, words_in(path.read_text("utf-8")))
    return [] if wrong <= _MOST_WORDS_WRONG else [Problem("untrue", f"{asked.id}: {wrong:.0%} of its words")]


async def _records(database: Database, asked: Sequence[Asked]) -> list[Problem]:
    """Each accepted job is there once, counted once, with all of its events."""
    async with database.reading() as connection:
        rows = (
            await connection.execute(select(jobs.c.id, jobs.c.public_id, jobs.c.state, jobs.c.last_sequence))
        ).all()
        usage = Counter((await connection.scalars(select(usage_records.c.job_id))).all())
        numbers = select(
            job_events.c.job_id,
            func.count(),
            func.min(job_events.c.sequence),
            func.max(job_events.c.sequence),
        )
        events = {
            row[0]: tuple(row[1:]) for row in await connection.execute(numbers.group_by(job_events.c.job_id))
        }
    found = []
    known = {row.public_id or row.id for row in rows}
    accepted = {each.id for each in asked if each.id}
    found += [Problem("lost", f"{missing} is not on record") for missing in accepted - known]
    found += [Problem("doubled", f"nobody asked for {strange}") for strange in known - accepted]
    for row in rows:
        if usage[row.id] != 1:
            found.append(
                Problem("doubled" if usage[row.id] else "lost", f"{row.id} is counted {usage[row.id]} times")
            )
        if events.get(row.id) != (row.last_sequence, 1, row.last_sequence):
            found.append(Problem("untrue", f"{row.id}: events {events.get(row.id)} of {row.last_sequence}"))
    return found


async def problems_of_deliveries(
    house: House, splits: Sequence[str], received: Iterable[Received]
) -> list[Problem]:
    """Each split has told once of its end: every delivery arrived, under its own id and with one body."""
    query = select(webhook_deliveries.c.id, webhook_deliveries.c.job_id, webhook_deliveries.c.state)
    async with open_database(house.database_url) as database, database.reading() as connection:
        rows = (await connection.execute(query)).all()
    told = Counter(row.job_id for row in rows)
    bodies: dict[str, set[bytes]] = {}
    for each in received:
        bodies.setdefault(each.headers["webhook-id"], set()).add(each.body)
    strange = bodies.keys() - {row.id for row in rows}
    changed = [delivery for delivery, those in bodies.items() if len(those) > 1]
    return [
        *(Problem("lost", f"webhook {row.id} is {row.state}") for row in rows if row.state != "delivered"),
        *(Problem("lost", f"webhook {row.id} never came") for row in rows if row.id not in bodies),
        *(Problem("lost", f"nobody was told of {job_id}") for job_id in splits if not told[job_id]),
        *(
            Problem("doubled", f"{told[job_id]} webhooks of {job_id}")
            for job_id in splits
            if told[job_id] > 1
        ),
        *(Problem("untrue", f"nobody knows webhook {delivery}") for delivery in strange),
        *(Problem("untrue", f"webhook {delivery} had two bodies") for delivery in changed),
    ]


async def _objects(database: Database, store: ObjectStore, asked: Sequence[Asked]) -> list[Problem]:
    """What is in the store is what is on record, one object for each."""
    swept = await sweep_orphans(database, store, utc_now() + _LATER)
    found = [Problem("left", f"{swept.removed} orphans in the store")] if swept.removed else []
    async with database.reading() as connection:
        query = select(split_segments.c.job_id, split_segments.c.index, split_segments.c.size_bytes)
        rows = (await connection.execute(query)).all()
    expected: dict[tuple[str, int], int] = {(job_id, index): size for job_id, index, size in rows}
    splits = {each.id for each in asked if each.is_split}
    stored: dict[tuple[str, int], int] = {}
    async for info in store.list("t/"):
        _, _, _, job_id, place, *rest = [*info.key.split("/"), "", ""]
        if place == "work":
            found.append(Problem("left", info.key))
        if place != "out" or job_id not in splits:
            continue
        index = int(rest[0].partition(".")[0].rpartition("-")[2])
        if (job_id, index) in stored:
            found.append(Problem("doubled", info.key))
        stored[job_id, index] = info.size
    found += [
        Problem("lost", f"segment {each} is not in the store") for each in expected.keys() - stored.keys()
    ]
    found += [
        Problem("doubled", f"segment {each} is not on record") for each in stored.keys() - expected.keys()
    ]
    both = expected.keys() & stored.keys()
    return found + [
        Problem("untrue", f"size of segment {each}") for each in both if expected[each] != stored[each]
    ]


def _belongs_to(process: psutil.Process, folder: str) -> bool:
    try:
        if process.pid == psutil.Process().pid or process.status() == psutil.STATUS_ZOMBIE:
            return False
        texts = [*process.cmdline(), *process.environ().values()]
    except psutil.Error:
        return False
    return any(folder in text for text in texts)
