"""BatchService: reads the request, asks the jobs, answers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from server.api import batch_rules, validation
from server.api.batch_config import config_message, output_message
from server.api.batch_convert import event_message, job_message, model_messages
from server.api.batch_files import BatchFiles
from server.api.batch_json import json_struct
from server.api.batch_stream import Requests, StreamedBytes, stream_header
from server.api.caller import current_account_id, current_caller
from server.api.desk import Desk
from server.api.interceptors import Context
from server.api.told_once import ToldOnce
from server.fetch.guard import AddressPolicy
from server.jobs.batch.ids import job_id_for, new_public_id
from server.jobs.batch.jobs import BatchJobs
from server.jobs.batch.model import BatchJob, BatchRequest
from server.jobs.model import JobEvent
from server.speech.models import Models
from server.uploads.model import Purpose, Upload
from server.uploads.uploads import Uploads
from storage.keys import upload_data_key
from zerokerf.errors import ZerokerfError
from zerokerf.v1 import batch_service_pb2, batch_service_pb2_grpc


class BatchService(batch_service_pb2_grpc.BatchServiceServicer):
    """`uploads` are those of recordings to transcribe, with their own limit of size and life of links."""

    def __init__(
        self,
        jobs: BatchJobs,
        uploads: Uploads,
        files: BatchFiles,
        policy: AddressPolicy,
        models: Models,
        desk: Desk,
    ) -> None:
        self._desk = desk
        self._jobs = jobs
        self._uploads = uploads
        self._files = files
        self._policy = policy
        self._models = models
        self._told = ToldOnce(_watched)

    async def CreateBatchJob(
        self, request: batch_service_pb2.CreateBatchJobRequest, context: Context
    ) -> batch_service_pb2.CreateBatchJobResponse:
        account_id = current_account_id()
        asked = batch_rules.job_request(request, account_id, self._policy, self._models)
        brings_its_own = asked.upload_sha256 is not None
        job = await (self._submit_with_upload if brings_its_own else self._submit)(request, asked)
        return batch_service_pb2.CreateBatchJobResponse(job=job_message(job))

    async def StreamBatchJob(
        self, request_iterator: Requests, context: Context
    ) -> batch_service_pb2.StreamBatchJobResponse:
        header = await stream_header(request_iterator)
        asked = batch_rules.streamed_request(header.job, self._policy, self._models)
        await self._desk.accept(current_caller())  # before a gigabyte has been sent in vain
        file = batch_rules.file_of(header)
        if header.job.id and not header.job.request_id:
            await self._jobs.require_free(current_account_id(), header.job.id)
        streamed = StreamedBytes(request_iterator)
        upload = await self._uploads.take_in(
            current_account_id(),
            file.name,
            file.content_type,
            streamed.chunks(),
            current_caller().plan.max_source_bytes,
        )
        asked = replace(asked, upload_id=upload.id, upload_sha256=streamed.sha256)
        job = await self._submit_with_upload(header.job, asked)
        return batch_service_pb2.StreamBatchJobResponse(job=job_message(job))

    async def CreateBatchUpload(
        self, request: batch_service_pb2.CreateBatchUploadRequest, context: Context
    ) -> batch_service_pb2.CreateBatchUploadResponse:
        account_id = current_account_id()
        asked = batch_rules.upload_request(request, self._models)
        file = batch_rules.file_of(request)
        if request.job_id and not await self._uploads.is_repeat(account_id, request.request_id):
            await self._jobs.require_free(account_id, request.job_id)
        upload = await self._uploads.create(
            account_id,
            file.name,
            file.content_type,
            request_id=request.request_id or None,
            purpose=Purpose(request.job_id or new_public_id(), batch_rules.place_asked(request, asked)),
            most_bytes=current_caller().plan.max_source_bytes,
        )
        return self._upload_message(upload, asked)

    async def GetBatchJob(
        self, request: batch_service_pb2.GetBatchJobRequest, context: Context
    ) -> batch_service_pb2.GetBatchJobResponse:
        job = await self._jobs.get(current_account_id(), batch_rules.job_id(request.id))
        return batch_service_pb2.GetBatchJobResponse(job=job_message(job))

    async def ListBatchJobs(
        self, request: batch_service_pb2.ListBatchJobsRequest, context: Context
    ) -> batch_service_pb2.ListBatchJobsResponse:
        page = await self._jobs.list(current_account_id(), batch_rules.list_query(request))
        return batch_service_pb2.ListBatchJobsResponse(
            jobs=[job_message(job) for job in page.jobs], total_size=page.total
        )

    async def DeleteBatchJob(
        self, request: batch_service_pb2.DeleteBatchJobRequest, context: Context
    ) -> batch_service_pb2.DeleteBatchJobResponse:
        job = await self._jobs.delete(current_account_id(), batch_rules.job_id(request.id))
        return batch_service_pb2.DeleteBatchJobResponse(job=job_message(job))

    async def CancelBatchJob(
        self, request: batch_service_pb2.CancelBatchJobRequest, context: Context
    ) -> batch_service_pb2.CancelBatchJobResponse:
        job = await self._jobs.cancel(current_account_id(), batch_rules.job_id(request.id))
        return batch_service_pb2.CancelBatchJobResponse(job=job_message(job))

    async def GetBatchJobFiles(
        self, request: batch_service_pb2.GetBatchJobFilesRequest, context: Context
    ) -> batch_service_pb2.GetBatchJobFilesResponse:
        job = await self._jobs.get(current_account_id(), batch_rules.job_id(request.id))
        return batch_service_pb2.GetBatchJobFilesResponse(
            inputs=[file async for file in self._files.inputs(job)],
            outputs=[file async for file in self._files.outputs(job, with_vtt=request.include_vtt)],
        )

    async def WatchBatchJob(
        self, request: batch_service_pb2.WatchBatchJobRequest, context: Context
    ) -> AsyncIterator[batch_service_pb2.WatchBatchJobResponse]:
        after = validation.after_sequence(request.after_sequence)
        public_id = batch_rules.job_id(request.id)
        async for event in self._jobs.watch(current_account_id(), public_id, after):
            yield self._told.of(event)

    async def ListBatchModels(
        self, request: batch_service_pb2.ListBatchModelsRequest, context: Context
    ) -> batch_service_pb2.ListBatchModelsResponse:
        return batch_service_pb2.ListBatchModelsResponse(models=model_messages(self._models))

    async def _submit(
        self, request: batch_service_pb2.CreateBatchJobRequest, asked: BatchRequest
    ) -> BatchJob:
        caller = current_caller()
        return await self._jobs.submit(
            caller.account_id,
            asked,
            request.id or None,
            request.request_id or None,
            partial(self._desk.accept, caller),
            caller.plan.concurrent_jobs,
        )

    async def _submit_with_upload(
        self, request: batch_service_pb2.CreateBatchJobRequest, asked: BatchRequest
    ) -> BatchJob:
        """Nothing stays of a recording that came with the request and that no job was made for."""
        account_id, upload_id = current_account_id(), asked.upload_id or ""
        try:
            job = await self._submit(request, asked)
        except ZerokerfError as error:
            if not error.is_transient:  # else the job may have been recorded all the same
                await self._uploads.discard(account_id, upload_id)
            raise
        if job.request.upload_id != upload_id:  # a repeat: the first one's recording is used
            await self._uploads.discard(account_id, upload_id)
        return job

    def _upload_message(
        self, upload: Upload, asked: BatchRequest
    ) -> batch_service_pb2.CreateBatchUploadResponse:
        key = upload_data_key(upload.account_id, upload.id)
        message = batch_service_pb2.CreateBatchUploadResponse(
            job_id=upload.job_id or "",
            upload_key=key,
            upload_uri=self._files.uri_of(key),
            output_uri=self._files.output_uri(upload.account_id, job_id_for(upload.id)),
            transcription_config=config_message(asked.transcription_config),
        )
        if upload.link is not None:
            message.url = upload.link.url
            message.headers.update(upload.link.headers)
            message.expire_time.FromDatetime(upload.link.expires_at)
        if asked.tracking is not None:
            message.tracking.CopyFrom(json_struct(asked.tracking))
        if asked.output_config is not None:
            message.output_config.CopyFrom(output_message(asked.output_config))
        return message


def _watched(event: JobEvent) -> batch_service_pb2.WatchBatchJobResponse:
    return batch_service_pb2.WatchBatchJobResponse(event=event_message(event))
