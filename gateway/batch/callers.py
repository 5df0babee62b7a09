"""Who calls the transcription API, and about which job."""

from typing import Annotated

from fastapi import Depends, Path, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.backend import Backend, Caller, backend_of, caller_with
from gateway.batch.bodies import JOB_ID_PATTERN, JOB_ID_SENTENCE, is_job_id
from zerokerf.errors import InvalidParams, JobNotFound
from zerokerf.v1 import account_service_pb2 as pb

_LONGEST_JOB_ID = 128


async def batch_caller_of(
    backend: Annotated[Backend, Depends(backend_of)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(HTTPBearer(auto_error=False))],
) -> Caller:
    """Raises Unauthenticated when there is nothing that could be a key."""
    return caller_with(backend, bearer.credentials if bearer else "")


async def known_caller_of(caller: Annotated[Caller, Depends(batch_caller_of)]) -> Caller:
    """Asks the server about the key, so that nobody without one gets to send a body."""
    await caller.backend.accounts.CheckCaller(
        pb.CheckCallerRequest(), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return caller


async def batch_job_id_of(
    _: Annotated[Caller, Depends(batch_caller_of)],
    job_id: Annotated[
        str,
        Path(alias="jobId", json_schema_extra={"pattern": JOB_ID_PATTERN}, description="The id of the job."),
    ],
) -> str:
    """Raises InvalidParams for what cannot be an id, and JobNotFound for what is too long for one."""
    if not is_job_id(job_id):
        raise InvalidParams({"job_id": JOB_ID_SENTENCE})
    if len(job_id) > _LONGEST_JOB_ID:
        raise JobNotFound(job_id[:_LONGEST_JOB_ID])
    return job_id


BatchCaller = Annotated[Caller, Depends(batch_caller_of)]
KnownCaller = Annotated[Caller, Depends(known_caller_of)]
BatchJobId = Annotated[str, Depends(batch_job_id_of)]
