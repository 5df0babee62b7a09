"""The endpoints of one transcription job, get, delete, cancel and files, and the list of models."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from gateway.batch.answers import ModelJson, accepted_json, files_json, job_json, model_json
from gateway.batch.callers import BatchCaller, BatchJobId
from zerokerf.errors import InvalidParams
from zerokerf.v1 import batch_service_pb2 as pb

_DOCUMENTED = ("json", "txt", "srt")
_FORMATS = (*_DOCUMENTED, "vtt")

Formats = Annotated[
    str, Query(description=f"Any of {', '.join(_FORMATS)}, separated by commas. All but vtt when absent.")
]


class ModelsJson(TypedDict):
    items: list[ModelJson]


async def get_job(caller: BatchCaller, job_id: BatchJobId) -> JSONResponse:
    answer = await caller.backend.batch.GetBatchJob(
        pb.GetBatchJobRequest(id=job_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(job_json(answer.job))


async def delete_job(caller: BatchCaller, job_id: BatchJobId) -> JSONResponse:
    answer = await caller.backend.batch.DeleteBatchJob(
        pb.DeleteBatchJobRequest(id=job_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(accepted_json(answer.job), 202)


async def cancel_job(caller: BatchCaller, job_id: BatchJobId) -> JSONResponse:
    answer = await caller.backend.batch.CancelBatchJob(
        pb.CancelBatchJobRequest(id=job_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(job_json(answer.job))


async def list_files(
    caller: BatchCaller, job_id: BatchJobId, formats: Annotated[Formats, Query(alias="format")] = ""
) -> JSONResponse:
    wanted = _wanted(formats)
    answer = await caller.backend.batch.GetBatchJobFiles(
        pb.GetBatchJobFilesRequest(id=job_id, include_vtt="vtt" in wanted),
        metadata=caller.metadata,
        timeout=caller.timeout_s,
    )
    return JSONResponse(files_json(job_id, answer, wanted))


async def list_models(caller: BatchCaller) -> JSONResponse:
    answer = await caller.backend.batch.ListBatchModels(
        pb.ListBatchModelsRequest(), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(ModelsJson(items=[model_json(model) for model in answer.models]))


def _wanted(formats: str) -> frozenset[str]:
    names = frozenset(name for part in formats.split(",") if (name := part.strip()))
    if names - set(_FORMATS):
        raise InvalidParams({"format": f"format must be any of {', '.join(_FORMATS)}"})
    return names or frozenset(_DOCUMENTED)
