"""Transcription as a client over REST sees it, from a recording to the files that come out."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import httpx
import jsonschema
import webvtt
from pysubs2 import SSAFile

from tests.end_to_end.service import JOB_WITHIN_S, Json, Service
from tests.services.folders import files_in
from tests.services.zerokerf import API_KEY
from tests.speech.recordings import words_in

FORMATS = ("json", "txt", "srt", "vtt")
_SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "transcript.schema.json").read_text("utf-8"))
_VALIDATOR = jsonschema.Draft202012Validator(_SCHEMA, format_checker=jsonschema.FormatChecker())
_LABEL = re.compile(r"^channel_\d+: ", re.MULTILINE)
_FINAL = ("DONE", "FAILED", "DELETED")


@dataclass(frozen=True)
class Batch:
    """With one account's key."""

    http: httpx.Client
    key: str = API_KEY

    def call(self, method: str, path: str, **options: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.http.request(method, f"/v1/batch/{path}", headers=headers, **options)  # type: ignore[arg-type]  # passed on as it is

    def send(self, recording: Path, config: Json | None = None, **fields: str) -> httpx.Response:
        """A form with the file; every other field as text."""
        form = {"transcription_config": json.dumps(config or {}), **fields}
        with recording.open("rb") as file:
            return self.call("POST", "jobs", data=form, files={"file": (recording.name, file)})

    def submit(self, recording: Path, config: Json | None = None, **fields: str) -> str:
        return self.accepted(self.send(recording, config, **fields))

    def create(self, **body: object) -> str:
        return self.accepted(self.call("POST", "jobs", json={"transcription_config": {}, **body}))

    @staticmethod
    def accepted(answer: httpx.Response) -> str:
        assert answer.status_code == 202, answer.text
        assert answer.json()["status"] == "QUEUED"
        job_id: str = answer.json()["job_id"]
        return job_id

    def get(self, job_id: str) -> Json:
        answer = self.call("GET", f"jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        job: Json = answer.json()
        return job

    def follow(self, job_id: str) -> Iterator[Json]:
        """Every event, as it comes, until the stream ends."""
        headers = {"Authorization": f"Bearer {self.key}"}
        path = f"/v1/batch/jobs/{job_id}/events"
        with self.http.stream("GET", path, headers=headers, timeout=JOB_WITHIN_S) as stream:
            for line in stream.iter_lines():
                name, _, value = line.partition(": ")
                if name == "data":
                    yield json.loads(value)

    def ended(self, job_id: str) -> Json:
        while (job := self.get(job_id))["status"] not in _FINAL:
            for _ in self.follow(job_id):
                pass
        return job

    def done(self, job_id: str) -> Json:
        job = self.ended(job_id)
        assert job["status"] == "DONE", job
        return job

    def failed(self, job_id: str) -> str:
        """What the failed job says is wrong."""
        job = self.ended(job_id)
        assert job["status"] == "FAILED", job
        message: str = job["error_message"]["message"]
        return message

    def files(self, job_id: str, formats: Sequence[str] = FORMATS) -> Json:
        answer = self.call("GET", f"jobs/{job_id}/files", params={"format": ",".join(formats)})
        assert answer.status_code == 200, answer.text
        files: Json = answer.json()
        return files

    def transcript(self, job_id: str) -> "Transcript":
        """Of a job that is done; downloaded without a key."""
        links = {file["format"]: file["download_url"] for file in self.files(job_id)["outputs"]}
        assert tuple(links) == FORMATS
        return Transcript(**{name: self.http.get(link).text for name, link in links.items()})


@dataclass(frozen=True)
class Transcript:
    """The files as they were downloaded."""

    json: str
    txt: str
    srt: str
    vtt: str

    @property
    def words(self) -> list[str]:
        return words_in(_LABEL.sub("", self.txt))

    @property
    def document(self) -> Json:
        document: Json = json.loads(self.json)
        return document

    @property
    def document_words(self) -> list[Json]:
        return [item for item in self.document["results"] if item["type"] == "word"]

    def words_on(self, channel: str) -> list[str]:
        return _words_of(word for word in self.document_words if word["channel"] == channel)

    def check(self, duration_s: float) -> None:
        """Readers of every format agree on what was said, and no time is impossible."""
        document = self.document
        _VALIDATOR.validate(document)
        times_s = [(item["start_time"], item["end_time"]) for item in document["results"]]
        assert [start for start, _ in times_s] == sorted(start for start, _ in times_s)
        assert all(0 <= start <= end <= duration_s for start, end in times_s)
        spoken = _words_of(self.document_words)
        assert sorted(spoken) == sorted(self.words)  # with channels, files differ in their order
        assert sorted(_words_in_subtitles(self.srt)) == sorted(spoken)
        assert sorted(_words_in_captions(self.vtt)) == sorted(spoken)


def _words_of(items: Iterable[Json]) -> list[str]:
    return words_in(" ".join(item["alternatives"][0]["content"] for item in items))


def _words_in_captions(text: str) -> list[str]:
    return words_in(" ".join(cue.text for cue in webvtt.from_buffer(StringIO(text)).captions))


def _words_in_subtitles(text: str) -> list[str]:
    if not text:
        return []
    events = SSAFile.from_string(text, format_="srt").events
    assert all(event.start < event.end for event in events)
    return words_in(" ".join(event.plaintext for event in events))


def batch_of(service: Service, key: str = API_KEY) -> Batch:
    return Batch(service.http, key)


def objects_of(service: Service, files: Json) -> list[str]:
    """Everything stored of the job that has these files."""
    folder = files["inputs"][0]["key"].rpartition("/in/")[0]
    return [key for key in service.stored() if f"{folder}/" in key]


def scratch_of(service: Service) -> list[str]:
    """What is in progress, or was left behind."""
    found = files_in(service.deployment.data_dir / "scratch")
    return [str(path) for path in found if path.name != ".lock"]
