"""What transcription jobs are called."""

import secrets

from server.database.ids import Prefix
from server.jobs.batch.model import BatchJob


def new_public_id() -> str:
    """For a job whose owner did not name it."""
    return f"job{secrets.token_hex(16)}"


def job_id_for(upload_id: str) -> str:
    """The id of the one job that an upload was made for: known before the job is, and so are its keys."""
    return Prefix.JOB + upload_id.removeprefix(Prefix.UPLOAD)


def own_upload_of(job: BatchJob) -> str | None:
    """The upload that was made for this job, or came with it."""
    upload_id = job.request.upload_id
    if upload_id is None:
        return None
    return upload_id if job.request.upload_sha256 or job.id == job_id_for(upload_id) else None
