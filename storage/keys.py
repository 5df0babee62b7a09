"""The one grammar of object keys, and the only place where keys are made."""

import re
from dataclasses import dataclass
from enum import StrEnum

from zerokerf.errors import InvalidObjectKey, ObjectRangeInvalid

# An allow-list, so that no backend, shell, proxy or file system ever meets a name it reads its own way.
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_MAX_LENGTH = 1024
_ID = re.compile(r"[A-Za-z0-9_]{1,64}")


def is_key(text: str) -> bool:
    return len(text) <= _MAX_LENGTH and _KEY.fullmatch(text) is not None


def check_key(key: str) -> None:
    """Raises InvalidObjectKey."""
    if not is_key(key):
        raise InvalidObjectKey(key)


def check_folder(prefix: str) -> None:
    """The slash at the end keeps the prefix of account `a1` from matching account `a10`."""
    if not prefix.endswith("/") or not is_key(prefix[:-1]):
        raise InvalidObjectKey(prefix)


def check_range(key: str, offset: int, length: int | None) -> None:
    if offset < 0 or (length is not None and length < 0):
        raise ObjectRangeInvalid(key, offset)


# Layout. No key may be a folder of another key, because a file system cannot hold both `x` and `x/y`.

ALL_ACCOUNTS = "t/"


class OwnerKind(StrEnum):
    """What objects belong to, as the layout writes it."""

    JOB = "j"
    UPLOAD = "u"
    EXPORT = "x"


@dataclass(frozen=True, slots=True)
class Owner:
    """To what an object belongs: it is kept for as long as that."""

    account_id: str
    kind: OwnerKind
    id: str


def owner_of(key: str) -> Owner | None:
    """None for what does not lie where this layout puts things."""
    root, account_id, kind, owner_id, *rest = [*key.split("/"), "", "", ""]
    if f"{root}/" != ALL_ACCOUNTS or kind not in set(OwnerKind) or not any(rest):
        return None
    return Owner(account_id, OwnerKind(kind), owner_id)


def account_prefix(account_id: str) -> str:
    return f"{ALL_ACCOUNTS}{_segment(account_id)}/"


def job_prefix(account_id: str, job_id: str) -> str:
    return _owned(account_id, OwnerKind.JOB, job_id)


def source_key(account_id: str, job_id: str) -> str:
    return job_prefix(account_id, job_id) + "in/source"


def segments_prefix(account_id: str, job_id: str) -> str:
    return job_prefix(account_id, job_id) + "out/"


def segment_key(account_id: str, job_id: str, index: int, extension: str) -> str:
    name = f"{job_id.removeprefix('job_')}-{index}.{extension.removeprefix('.')}"
    return segments_prefix(account_id, job_id) + _segment(name)


def transcripts_prefix(account_id: str, job_id: str) -> str:
    return job_prefix(account_id, job_id) + "out/"


def transcript_key(account_id: str, job_id: str, public_id: str, ending: str) -> str:
    return transcripts_prefix(account_id, job_id) + _segment(f"{public_id}.{ending}")


def split_transcript_key(account_id: str, job_id: str, ending: str) -> str:
    """Of the whole recording; those of segments lie beside them, under their names with another ending."""
    return transcript_key(account_id, job_id, job_id.removeprefix("job_"), ending)


def sound_key(account_id: str, job_id: str, channel: int) -> str:
    """What one channel sounds like to a recognizer; there while a recording is being transcribed."""
    return work_prefix(account_id, job_id) + f"sound-{channel}.pcm"


def work_prefix(account_id: str, job_id: str) -> str:
    return job_prefix(account_id, job_id) + "work/"


def file_name_of(key: str) -> str:
    """What a stored object is called when it is downloaded."""
    return key.rpartition("/")[2]


def manifest_key(account_id: str, job_id: str) -> str:
    return job_prefix(account_id, job_id) + "manifest.json"


def upload_prefix(account_id: str, upload_id: str) -> str:
    return _owned(account_id, OwnerKind.UPLOAD, upload_id)


def upload_data_key(account_id: str, upload_id: str) -> str:
    return upload_prefix(account_id, upload_id) + "data.bin"


def upload_id_of(account_id: str, key: str) -> str | None:
    """The upload of this account whose bytes the key names; None for every other text."""
    upload_id = key.split("/")[-2] if "/" in key else ""
    return upload_id if _ID.fullmatch(upload_id) and key == upload_data_key(account_id, upload_id) else None


def upload_part_key(account_id: str, upload_id: str, offset: int) -> str:
    """Parts sort by where they begin."""
    return f"{upload_prefix(account_id, upload_id)}parts/{offset:020d}.bin"


def export_prefix(account_id: str, export_id: str) -> str:
    return _owned(account_id, OwnerKind.EXPORT, export_id)


def export_key(account_id: str, export_id: str) -> str:
    return export_prefix(account_id, export_id) + "zerokerf-export.zip"


def _owned(account_id: str, kind: OwnerKind, owner_id: str) -> str:
    return f"{account_prefix(account_id)}{kind}/{_segment(owner_id)}/"


def _segment(text: str) -> str:
    """Exactly one segment of a key, so that no id can lead out of its account."""
    if "/" in text:
        raise InvalidObjectKey(text)
    check_key(text)
    return text
