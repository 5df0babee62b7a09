"""What transcription jobs are called."""

import secrets

from server.database.ids import Prefix


def new_public_id() -> str:
    """For a job whose owner did not name it."""
    return f"job{secrets.token_hex(16)}"


def job_id_for(upload_id: str) -> str:
    """The id of the one job that an upload was made for: known before the job is, and so are its keys."""
    return Prefix.JOB + upload_id.removeprefix(Prefix.UPLOAD)
