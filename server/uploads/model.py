"""The values that describe an upload."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from storage.interface import SignedUrl


@dataclass(frozen=True, slots=True)
class Upload:
    """`committed_size` is what is safely stored; `link` is where to PUT the file, known only at creation.

    `job_id` is what the job is to be called that an upload was made for.
    """

    id: str
    account_id: str
    file_name: str
    content_type: str
    created_at: datetime
    committed_size: int = 0
    complete: bool = False
    link: SignedUrl | None = None
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class Purpose:
    """The job that an upload is made for: what it is to be called, and all that was asked of it, as JSON."""

    job_id: str
    asked: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of an upload in an object of their own. The number names the object, once and for all."""

    first_byte: int
    size_bytes: int
    number: int
