"""A client written from the documented contract alone, with nothing but the standard library.

    python -I contract_client.py BASE_URL API_KEY SOURCE_URL SOURCE_SIZE FOLDER

Walks create, poll, download, delete and not found, compares every answer with the documented one, and leaves
the segments in FOLDER. Prints "processing" when it has seen that state, and "done" at the end.
"""

import json
import re
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
GIVE_UP_S = 120
POLL_S = 0.05

REQUEST = {
    "splitMode": "duration",
    "segmentDuration": 600,
    "outputFormat": "mp3",
    "metadata": {"episodeId": "42"},
}
QUEUED = ["id", "status", "splitMode", "segmentDuration", "outputFormat", "metadata", "createdAt"]
PROCESSING = ["id", "status", "progress", "splitMode", "segmentDuration", "createdAt"]
COMPLETED = [
    *("id", "status", "splitMode", "segmentDuration", "outputFormat", "sourceFileName", "sourceDuration"),
    *("sourceSize", "segments", "metadata", "createdAt", "completedAt"),
]
SEGMENT = ["index", "downloadUrl", "duration", "size", "expiresAt"]


def main(base: str, key: str, source_url: str, source_size: str, folder: str) -> None:
    api = Api(base, key)
    created = create(api, source_url)
    processing = poll(api, created["id"], "processing")
    check_processing(processing, created)
    say("processing")
    completed = poll(api, created["id"], "completed")
    check_completed(completed, created, int(source_size))
    check_segments(completed, Path(folder))
    check_fresh_links(api, completed)
    check_lists(api, created["id"])
    check_deletion(api, completed)
    check_refusals(api)
    say("done")


class Api:
    def __init__(self, base: str, key: str) -> None:
        self.base = base
        self.key = key

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """The status, and the JSON of the answer; None if its body is empty."""
        data = None if body is None else json.dumps(body).encode()
        given = {"X-API-Key": self.key, "Content-Type": "application/json"} if headers is None else headers
        url = self.base + path
        request = urllib.request.Request(url, data, given, method=method)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
                return answer.status, parsed(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, parsed(error.read())


def parsed(body: bytes) -> Any:  # noqa: ANN401 - JSON is whatever it is
    return json.loads(body) if body else None


def create(api: Api, source_url: str) -> dict[str, Any]:
    status, job = api.call("POST", "/api/v1/splits", {"sourceUrl": source_url, **REQUEST})
    same("status of create", status, 201)
    same("fields of a new job", list(job), QUEUED)
    same("echo", {name: job[name] for name in REQUEST}, REQUEST)
    same("state of a new job", job["status"], "queued")
    same("shape of an id", bool(re.fullmatch(r"job_[a-z0-9]+", job["id"])), True)
    is_time("createdAt", job["createdAt"])
    return dict(job)


def poll(api: Api, job_id: str, wanted: str) -> dict[str, Any]:
    give_up_at = time.monotonic() + GIVE_UP_S
    progress = 0
    while time.monotonic() < give_up_at:
        status, job = api.call("GET", f"/api/v1/splits/{job_id}")
        same("status of get", status, 200)
        same("progress only while processing", "progress" in job, job["status"] == "processing")
        same("progress never goes down", job.get("progress", 100) >= progress, True)
        progress = job.get("progress", progress)
        if job["status"] == wanted:
            return dict(job)
        same("a state on the way", job["status"] in ("queued", "processing"), True)
        time.sleep(POLL_S)
    raise SystemExit(f"{job_id} was not {wanted} within {GIVE_UP_S} s")


def check_processing(job: dict[str, Any], created: dict[str, Any]) -> None:
    same("fields of a processing job", list(job), PROCESSING)
    same("id", job["id"], created["id"])
    same("type of progress", type(job["progress"]), int)
    same("range of progress", 0 <= job["progress"] <= 100, True)
    same("splitMode", job["splitMode"], "duration")
    same("segmentDuration", (type(job["segmentDuration"]), job["segmentDuration"]), (int, 600))
    same("createdAt", job["createdAt"], created["createdAt"])


def check_completed(job: dict[str, Any], created: dict[str, Any], source_size: int) -> None:
    same("fields of a completed job", list(job), COMPLETED)
    same("id", job["id"], created["id"])
    same("echo", {name: job[name] for name in REQUEST}, REQUEST)
    same("sourceFileName", job["sourceFileName"], "podcast-episode-42.mp3")
    same("sourceDuration", (type(job["sourceDuration"]), job["sourceDuration"]), (int, 1380))
    same("sourceSize", (type(job["sourceSize"]), job["sourceSize"]), (int, source_size))
    same("createdAt", job["createdAt"], created["createdAt"])
    is_time("completedAt", job["completedAt"])
    same("order of times", job["createdAt"] <= job["completedAt"], True)
    same("durations", [segment["duration"] for segment in job["segments"]], [600, 600, 180])


def check_segments(job: dict[str, Any], folder: Path) -> None:
    for index, segment in enumerate(job["segments"]):
        same("fields of a segment", list(segment), SEGMENT)
        same("types of a segment", [type(value) for value in segment.values()], [int, str, int, int, str])
        same("index", segment["index"], index)
        is_time("expiresAt", segment["expiresAt"])
        lives = datetime.fromisoformat(segment["expiresAt"]) - datetime.fromisoformat(job["completedAt"])
        same("life of a link", abs(lives - timedelta(hours=24)) < timedelta(minutes=5), True)
        path = segment["downloadUrl"].partition("?")[0]
        name = f"{job['id'].removeprefix('job_')}-{index}.mp3"
        same("end of a link", path.endswith(f"/{name}"), True)
        content = download(segment["downloadUrl"])
        same("size", len(content), segment["size"])
        (folder / name).write_bytes(content)


def check_fresh_links(api: Api, before: dict[str, Any]) -> None:
    _, again = api.call("GET", f"/api/v1/splits/{before['id']}")
    links = {"downloadUrl", "expiresAt"}
    for old, new in zip(before["segments"], again["segments"], strict=True):
        same("an unchanged segment", without(old, links), without(new, links))
        same("links renewed", new["expiresAt"] >= old["expiresAt"], True)
    same("an unchanged job", without(before, {"segments"}), without(again, {"segments"}))


def check_lists(api: Api, job_id: str) -> None:
    status, page = api.call("GET", "/api/v1/splits?status=completed&limit=1&page=1")
    same("status of list", status, 200)
    same("fields of a list", list(page), ["data", "pagination"])
    pagination = page["pagination"]
    same("fields of pagination", list(pagination), ["page", "limit", "total", "totalPages"])
    same("newest first", [job["id"] for job in page["data"]], [job_id])
    fields = ["id", "status", "splitMode", "segmentDuration", "createdAt", "completedAt"]
    same("fields of a listed job", list(page["data"][0]), fields)
    same("pages", (pagination["page"], pagination["limit"]), (1, 1))
    same("pages of one", pagination["totalPages"], pagination["total"])
    behind = f"/api/v1/splits?status=completed&limit=1&page={pagination['totalPages'] + 1}"
    same("behind the last page", api.call("GET", behind)[1]["data"], [])


def check_deletion(api: Api, job: dict[str, Any]) -> None:
    path = f"/api/v1/splits/{job['id']}"
    same("delete", api.call("DELETE", path), (204, None))
    same("get of a deleted job", api.call("GET", path), (404, not_found(job["id"])))
    same("second delete", api.call("DELETE", path), (404, not_found(job["id"])))


def check_refusals(api: Api) -> None:
    same("unknown job", api.call("GET", "/api/v1/splits/job_xyz789"), (404, not_found("job_xyz789")))
    for headers in ({}, {"X-API-Key": "as_live_sk_wrong"}):
        status, answer = api.call("GET", "/api/v1/splits/job_xyz789", headers=headers)
        same("without a good key", (status, answer["error"]["code"]), (401, "UNAUTHORIZED"))
        same("status in the error", answer["error"]["status"], 401)
    status, answer = api.call("POST", "/api/v1/splits", REQUEST)
    same("without a source", (status, answer["error"]["code"]), (400, "INVALID_PARAMS"))


def not_found(job_id: str) -> dict[str, Any]:
    return {"error": {"code": "JOB_NOT_FOUND", "message": f"Job {job_id} not found", "status": 404}}


def download(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - a link of the service
        return bytes(answer.read())


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def is_time(what: str, value: str) -> None:
    same(f"form of {what}", bool(TIME.fullmatch(value)), True)


def without(values: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def same(what: str, found: object, documented: object) -> None:
    if found != documented:
        raise SystemExit(f"{what}: found {found!r}, documented {documented!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
