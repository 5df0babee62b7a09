"""What a split job's steps do. Each may run twice: its effects land on keys and rows that the plan fixed."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from temporalio import activity

from server.jobs.manifest import manifest_json
from server.jobs.model import SplitRequest
from server.jobs.split_records import SplitRecords
from server.jobs.split_rows import request_of
from server.media.manifest import from_json
from server.media.splitting import Share
from server.workflows.cutting import Cutting
from server.workflows.failures import reported
from server.workflows.messages import FailedJob, JobRef, PlanRef, ShareRef
from server.workflows.planning import Planning
from server.workflows.steps import Steps, alive
from server.workflows.workers import count_workers
from storage.keys import manifest_key

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SplitParts:
    """What activities work with."""

    records: SplitRecords
    steps: Steps[SplitRequest]
    cutting: Cutting
    planning: Planning


class SplitActivities:
    def __init__(self, parts: SplitParts) -> None:
        self._parts = parts

    @activity.defn(name="split.fetch")
    async def fetch(self, ref: JobRef) -> None:
        await self._parts.steps.fetch(ref)

    @activity.defn(name="split.cut")
    async def cut(self, ref: JobRef) -> int | None:
        """Every segment is stored, verified and on record, or the work is worth being divided into shares."""
        steps = self._parts.steps
        async with steps.working(ref, "cut") as work:
            path = await steps.source_of(work)
            workers = await count_workers(steps.client)
            return await self._parts.cutting.run(work.job, path, work.folder, work.reporter, workers=workers)

    @activity.defn(name="split.cut-share")
    async def cut_share(self, ref: ShareRef) -> None:
        """Every segment of the share is stored, verified and on record."""
        steps = self._parts.steps
        async with steps.working(ref.job, f"cut-{ref.number}") as work:
            path = await steps.source_of(work)
            share = Share(ref.number, ref.count)
            await self._parts.cutting.run(work.job, path, work.folder, work.reporter, share=share)

    @activity.defn(name="split.complete")
    async def complete(self, ref: JobRef) -> None:
        """The manifest is stored beside the segments, then the record says that all is there."""
        with reported():
            await self._store_manifest(ref)
            job = await self._parts.records.complete(ref.job_id)
            log.info("job completed", action="complete", job_id=job.id, account_id=job.account_id)

    @activity.defn(name="split.plan")
    async def plan(self, ref: PlanRef) -> dict[str, Any]:
        """Where a job of this request would cut."""
        with reported():
            async with self._parts.steps.scratch.folder(ref.plan_id) as folder, alive():
                request = request_of(ref.request)
                return asdict(await self._parts.planning.run(ref.account_id, request, folder))

    @activity.defn(name="split.fail")
    async def fail(self, failed: FailedJob) -> None:
        await self._parts.steps.fail(failed)

    @activity.defn(name="split.clean-up")
    async def clean_up(self, ref: JobRef) -> None:
        """Of jobs of every kind."""
        await self._parts.steps.clean_up(ref)

    async def _store_manifest(self, ref: JobRef) -> None:
        parts = self._parts
        job = await parts.records.load(ref.job_id)
        if job is None or job.manifest_head is None:
            return  # whoever deleted it, or the check that follows, decides
        text = manifest_json(job, await parts.records.segments(ref.job_id)).encode()
        await asyncio.to_thread(from_json, text)
        key = manifest_key(ref.account_id, ref.job_id)
        await parts.steps.store.put(key, text, content_type="application/json")
