"""Calls of the transcription API, with nothing but the standard library."""

import json
import re
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

from tests.end_to_end.batch_contract_checks import ORDER, check_record, same

JOBS = "/v1/batch/jobs"
GIVE_UP_S = 120
POLL_S = 0.1


class Api:
    def __init__(self, base: str, key: str) -> None:
        self.base = base
        self.key = {"Authorization": f"Bearer {key}"}

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """A body of bytes goes as it is, any other as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} | (self.key if headers is None else headers)
        request = urllib.request.Request(self.base + path, data, sent, method=method)  # noqa: S310 - our address
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
                return answer.status, parsed(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, parsed(error)

    def create(self, body: object, headers: dict[str, str] | None = None) -> str:
        status, answer = self.call("POST", JOBS, body, headers)
        same(
            "status of create", (status, answer), (202, {"job_id": answer.get("job_id"), "status": "QUEUED"})
        )
        same("form of job_id", bool(re.fullmatch("[a-zA-Z0-9]+", answer["job_id"])), True)
        return str(answer["job_id"])

    def form(
        self, file: tuple[str, bytes] | None, objects: dict[str, Any], texts: dict[str, str], *, typed: bool
    ) -> tuple[bytes, dict[str, str]]:
        """A body and its headers. Objects have a content type, as the contract says, or none, as of curl."""
        boundary, kind = uuid.uuid4().hex, "\r\nContent-Type: application/json" if typed else ""
        parts = [(name, "", value.encode()) for name, value in texts.items()]
        parts += [(name, kind, json.dumps(value).encode()) for name, value in objects.items()]
        if file:
            parts.insert(1, (f'file"; filename="{file[0]}', "\r\nContent-Type: audio/wav", file[1]))
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="'
        body = b"".join(
            f'{head}{name}"{more}\r\n\r\n'.encode() + content + b"\r\n" for name, more, content in parts
        )
        content_type = f"multipart/form-data; boundary={boundary}"
        return body + f"--{boundary}--\r\n".encode(), self.key | {"Content-Type": content_type}

    def ended(self, job_id: str) -> dict[str, Any]:
        """Polls until the end; every record on the way is checked."""
        give_up_at, place = time.monotonic() + GIVE_UP_S, 0
        while time.monotonic() < give_up_at:
            status, job = self.call("GET", f"{JOBS}/{job_id}")
            same("status of get", status, 200)
            check_record(job, job_id)
            if job["status"] in ("DONE", "FAILED"):
                return dict(job)
            same("order of statuses", ORDER.index(job["status"]) >= place, True)
            place = ORDER.index(job["status"])
            time.sleep(POLL_S)
        raise SystemExit(f"{job_id} did not end within {GIVE_UP_S} s")

    def refuses(self, what: str, answer: tuple[int, Any], status: int, sentence: str | None = None) -> None:
        same(f"status of {what}", answer[0], status)
        same(f"envelope of {what}", list(answer[1]), ["error"])
        same(f"type of error of {what}", type(answer[1]["error"]), str)
        if sentence is not None:
            same(f"sentence of {what}", answer[1]["error"], sentence)


def parsed(answer: Any) -> Any:  # noqa: ANN401 - an answer of either kind, and JSON of any
    same("media type", answer.headers["Content-Type"].partition(";")[0], "application/json")
    return json.loads(answer.read())


def download(url: str) -> bytes:
    """Without a key: the link is the secret."""
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - a link of the service
        return bytes(answer.read())


def is_there(url: str) -> bool:
    try:
        download(url)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    return True
