"""SplitService: reads the request, asks the jobs, answers."""

from collections.abc import AsyncIterator
from functools import partial

from server.api import validation
from server.api.caller import current_account_id, current_caller
from server.api.convert import event_message, listed_message, plan_message, split_message
from server.api.desk import Desk
from server.api.interceptors import Context
from server.api.segment_files import SegmentFiles
from server.api.told_once import ToldOnce
from server.fetch.guard import AddressPolicy
from server.jobs.model import JobEvent
from server.jobs.splits.jobs import SplitJobs
from server.jobs.states import State
from server.speech.models import Models
from zerokerf.v1 import split_service_pb2, split_service_pb2_grpc


class SplitService(split_service_pb2_grpc.SplitServiceServicer):
    def __init__(
        self, jobs: SplitJobs, files: SegmentFiles, policy: AddressPolicy, models: Models, desk: Desk
    ) -> None:
        self._desk = desk
        self._jobs = jobs
        self._files = files
        self._policy = policy
        self._models = models
        self._told = ToldOnce(_watched)

    async def CreateSplit(
        self, request: split_service_pb2.CreateSplitRequest, context: Context
    ) -> split_service_pb2.CreateSplitResponse:
        asked = validation.split_request(request, self._policy, self._models)
        caller = current_caller()
        job = await self._jobs.submit(
            caller.account_id,
            asked,
            request.request_id or None,
            partial(self._desk.accept, caller),
            caller.plan.concurrent_jobs,
        )
        return split_service_pb2.CreateSplitResponse(split=split_message(job))

    async def GetSplit(
        self, request: split_service_pb2.GetSplitRequest, context: Context
    ) -> split_service_pb2.GetSplitResponse:
        job = await self._jobs.get(current_account_id(), request.id)
        message = split_message(job)
        if job.state is State.COMPLETED:
            segments = await self._jobs.segments(job.account_id, job.id)
            message.segments.extend([each async for each in self._files.segments(job, segments)])
            message.transcripts.extend(await self._files.transcripts(job))
        return split_service_pb2.GetSplitResponse(split=message)

    async def ListSplits(
        self, request: split_service_pb2.ListSplitsRequest, context: Context
    ) -> split_service_pb2.ListSplitsResponse:
        page = await self._jobs.list(
            current_account_id(),
            validation.state_filter(request.states),
            request.page_size,
            request.page_token,
            request.skip,
        )
        return split_service_pb2.ListSplitsResponse(
            splits=[listed_message(job) for job in page.jobs],
            next_page_token=page.next_token,
            total_size=page.total,
        )

    async def DeleteSplit(
        self, request: split_service_pb2.DeleteSplitRequest, context: Context
    ) -> split_service_pb2.DeleteSplitResponse:
        await self._jobs.delete(current_account_id(), request.id)
        return split_service_pb2.DeleteSplitResponse()

    async def CancelSplit(
        self, request: split_service_pb2.CancelSplitRequest, context: Context
    ) -> split_service_pb2.CancelSplitResponse:
        job = await self._jobs.cancel(current_account_id(), request.id)
        return split_service_pb2.CancelSplitResponse(split=split_message(job))

    async def PlanSplit(
        self, request: split_service_pb2.PlanSplitRequest, context: Context
    ) -> split_service_pb2.PlanSplitResponse:
        asked = validation.plan_request(request, self._policy)
        return plan_message(await self._jobs.plan(current_account_id(), asked))

    async def GetSplitManifest(
        self, request: split_service_pb2.GetSplitManifestRequest, context: Context
    ) -> split_service_pb2.GetSplitManifestResponse:
        manifest = await self._jobs.manifest(current_account_id(), request.id)
        return split_service_pb2.GetSplitManifestResponse(json=manifest)

    async def WatchSplit(
        self, request: split_service_pb2.WatchSplitRequest, context: Context
    ) -> AsyncIterator[split_service_pb2.WatchSplitResponse]:
        after = validation.after_sequence(request.after_sequence)
        async for event in self._jobs.watch(current_account_id(), request.id, after):
            yield self._told.of(event)


def _watched(event: JobEvent) -> split_service_pb2.WatchSplitResponse:
    return split_service_pb2.WatchSplitResponse(event=event_message(event))
