"""A running service under test: how to call it, and what it has in its store and scratch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from server.accounts.key_secrets import hash_of
from server.database.clock import utc_now
from server.database.open import open_database
from server.database.tables import accounts, api_keys
from tests.services.folders import paths_in
from tests.services.zerokerf import API_KEY, Deployment
from zerokerf.client import AsyncClient

Json = dict[str, Any]

#: A job that takes longer than this is stuck.
JOB_WITHIN_S = 120.0


class Rest:
    """The REST API with one account's key."""

    def __init__(self, http: httpx.Client, key: str = API_KEY) -> None:
        self._http = http
        self._headers = {"X-API-Key": key}

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        headers = {**self._headers, **options.pop("headers", {})}
        return self._http.request(method, f"/api/v1{path}", headers=headers, **options)

    def create(self, source_url: str, headers: Mapping[str, str] | None = None, **fields: object) -> Json:
        """A job, by default in segments of 2 s."""
        mode = {} if "splitMode" in fields else {"splitMode": "duration", "segmentDuration": 2}
        body = {"sourceUrl": source_url, **mode, **fields}
        answer = self.call("POST", "/splits", json=body, headers=headers or {})
        assert answer.status_code == 201, answer.text
        return document(answer)

    def get(self, job_id: str) -> Json:
        answer = self.call("GET", f"/splits/{job_id}")
        assert answer.status_code == 200, answer.text
        return document(answer)

    def wait(self, job_id: str) -> Json:
        """The job once it has ended: when its stream of events has."""
        while (job := self.get(job_id))["status"] not in ("completed", "failed"):
            self.follow(job_id)
        return job

    def follow(self, job_id: str, after: int = 0, most: int | None = None) -> list[tuple[int, str]]:
        """Numbers and names of the events behind a cursor: all until the stream ends, or the first few."""
        headers = {**self._headers, **({"Last-Event-ID": str(after)} if after else {})}
        url = f"/api/v1/splits/{job_id}/events"
        events: list[tuple[int, str]] = []
        number = 0
        with self._http.stream("GET", url, headers=headers, timeout=JOB_WITHIN_S) as stream:
            for line in stream.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    number = int(value)
                if name == "event":
                    events.append((number, value))
                    if len(events) == most:
                        break
        return events

    def completed(self, job_id: str) -> Json:
        job = self.wait(job_id)
        assert job["status"] == "completed", job
        return job

    def failed(self, job_id: str) -> Json:
        """What the failed job says is wrong."""
        job = self.wait(job_id)
        assert job["status"] == "failed", job
        error: Json = job["error"]
        return error


@dataclass(frozen=True)
class Service:
    """`stored` lists the keys of all objects."""

    deployment: Deployment
    database_url: str
    http: httpx.Client
    stored: Callable[[], list[str]]

    @property
    def rest(self) -> Rest:
        return Rest(self.http)

    def client(self, key: str = API_KEY) -> AsyncClient:
        return AsyncClient(self.deployment.grpc_address, key)

    def download(self, url: str, path: Path) -> Path:
        with self.http.stream("GET", url) as stream, path.open("wb") as file:
            assert stream.status_code == 200, stream.read()
            for chunk in stream.iter_bytes():
                file.write(chunk)
        return path

    def download_segments(self, job: Json, folder: Path) -> list[Path]:
        """In order, checked against the sizes that the job states."""
        files = []
        for segment in job["segments"]:
            ending = segment["downloadUrl"].partition("?")[0].rpartition(".")[2]
            path = self.download(segment["downloadUrl"], folder / f"{job['id']}-{segment['index']}.{ending}")
            assert path.stat().st_size == segment["size"]
            files.append(path)
        return files

    def left_of(self, job_id: str) -> list[str]:
        """Objects and files in scratch that belong to a job."""
        name = job_id.removeprefix("job_")
        scratch = paths_in(self.deployment.data_dir / "scratch")
        return [text for text in (*self.stored(), *map(str, scratch)) if name in text]

    async def add_account(self, name: str) -> str:
        """A further account; its API key."""
        key = f"as_live_sk_for_{name}_0123456789"
        async with open_database(self.database_url) as database, database.writing() as connection:
            await connection.execute(accounts.insert().values(id=f"acc_{name}", created_at=utc_now()))
            row = {"account_id": f"acc_{name}", "secret_hash": hash_of(key), "created_at": utc_now()}
            await connection.execute(api_keys.insert().values(id=f"key_{name}", **row))
        return key


def document(answer: httpx.Response) -> Json:
    """The JSON of an answer, with numbers as they are printed."""
    parsed: Json = answer.json(parse_float=Decimal)
    return parsed
