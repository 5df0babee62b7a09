"""What answers of the transcription API look like by its contract; standard library only."""

import re
from typing import Any

ORDER = ("QUEUED", "IN_PROGRESS", "DECODING", "POST_PROCESSING", "DONE")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
DEFAULTS = {"language": "en", "operating_point": "standard", "diarization": "none"}
STRING, NUMBER, OBJECT, TIMESTAMP, MAYBE_TIMESTAMP = "string", "number", "object", "time", "time or null"
REQUIRED = {
    "job_id": STRING,
    "status": STRING,
    "model_code": STRING,
    "job_config": OBJECT,
    "input_metadata": OBJECT,
    "output_metadata": OBJECT,
    "error_message": "error or null",
    "submitted_at": TIMESTAMP,
    "started_at": MAYBE_TIMESTAMP,
    "completed_at": MAYBE_TIMESTAMP,
    "deleted_at": MAYBE_TIMESTAMP,
    "expired_at": MAYBE_TIMESTAMP,
    "updated_at": TIMESTAMP,
}
OPTIONAL = {"api_key_id": STRING, "organisation_id": STRING}
MEASURED = {"size_bytes": NUMBER, "duration_seconds": NUMBER, "format": STRING, "mime_type": STRING}


def same(what: str, found: object, documented: object) -> None:
    if found != documented:
        raise SystemExit(f"{what}: found {found!r}, documented {documented!r}")


def check_record(job: dict[str, Any], job_id: str) -> None:
    check_fields("a job", job, REQUIRED, OPTIONAL)
    same("job_id", job["job_id"], job_id)
    same("status", job["status"] in (*ORDER, "FAILED", "DELETED"), True)
    same("error_message", job["error_message"] is not None, job["status"] == "FAILED")
    same("type of job_config", job["job_config"]["type"], "transcription")
    same("defaults", DEFAULTS.keys() <= job["job_config"]["transcription_config"].keys(), True)
    same("order of times", job["submitted_at"] <= job["updated_at"], True)


def check_transcripts(document: dict[str, Any], text: str, subtitles: str, job_id: str) -> None:
    same("fields of json", {"format", "job", "metadata", "results"} <= document.keys(), True)
    same("job of json", (document["job"]["id"], type(document["job"]["duration"])), (job_id, int))
    place = 0.0
    for item in document["results"]:
        same("kind of item", item["type"] in ("word", "punctuation", "entity"), True)
        same("times", place <= item["start_time"] <= item["end_time"], True)
        place = item["start_time"]
        for name in ("content", "confidence", "language"):
            same(f"{name} of an item", name in item["alternatives"][0], True)
        if item["type"] == "punctuation":
            same("marks of punctuation", {"is_eos", "attaches_to"} <= item.keys(), True)
    words = [item["alternatives"][0]["content"] for item in document["results"] if item["type"] == "word"]
    same("words of txt", bool(words) and all(word in text for word in words), True)
    block = r"\d+\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\n[^\n]+\n\n"  # max_lines is 1
    same("form of srt", bool(re.fullmatch(f"({block})+", subtitles)), True)


def check_fields(
    what: str, value: dict[str, Any], required: dict[str, str], optional: dict[str, str]
) -> None:
    same(f"fields of {what}", set(required) <= value.keys() <= {*required, *optional}, True)
    for name, found in value.items():
        kind = {**required, **optional}[name]
        same(f"{name} of {what} as {kind}", (found, fits(found, kind)), (found, True))


def fits(value: object, kind: str) -> bool:
    if value is None:
        return kind.endswith("or null")
    match kind.partition(" ")[0]:
        case "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "error":
            return (
                isinstance(value, dict) and list(value) == ["message"] and isinstance(value["message"], str)
            )
    return isinstance(value, str) and bool(TIME.fullmatch(value))
