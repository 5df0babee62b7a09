"""A client of the transcription API, written from its contract with nothing but the standard library.

    python -S -m tests.end_to_end.batch_contract_client BASE_URL API_KEY RECORDING UNREACHABLE_HTTPS_URL

Submits the recording, a WAV file of English speech, in every way, walks every operation and refusal, and
compares each answer strictly, unknown properties included. Prints what it has walked, and "done" at the end.
"""

import base64
import http.client
import json
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.end_to_end.batch_contract_api import GIVE_UP_S, JOBS, POLL_S, Api, download, is_there, parsed
from tests.end_to_end.batch_contract_checks import (
    DEFAULTS,
    MEASURED,
    NUMBER,
    OBJECT,
    STRING,
    check_fields,
    check_record,
    check_transcripts,
    same,
)

MODEL = "slng/speechmatics/batch:15.0.0"
URL: dict[str, Any] = {"input_url": "https://media.example.org/a.mp3"}
GOOD = URL | {"transcription_config": {}}
BAD_CONFIGS: list[object] = ["en", None, [], {"language": "xx"}]
BAD_BODIES: list[object] = [
    *(b"", b"{", b"[]", b"null", b'{"a": NaN}', URL, {"transcription_config": {}}),
    *(GOOD | {name: "x"} for name in ("s3_key", "model_code", "metadata", "tracking", "output_config")),
    *(GOOD | {"input_url": url} for url in ("ftp://a/b", "http://a.example/b", "nonsense", "", 5)),
    *(URL | {"transcription_config": config} for config in BAD_CONFIGS),
    *(URL | {"transcription_config": {name: 5}} for name in ("language", "domain", "additional_vocab")),
    *(URL | {"transcription_config": {name: "x"}} for name in ("operating_point", "diarization")),
    GOOD | {"output_config": {"srt_overrides": {"max_lines": 0}}},
]


def main(base: str, key: str, recording: str, unreachable_url: str) -> None:
    api, content = Api(base, key), Path(recording).read_bytes()
    name = Path(recording).name
    walks: dict[str, Callable[[], None]] = {
        "form": lambda: walk_form(api, name, content),
        "url": lambda: walk_url(api, unreachable_url),
        "presign": lambda: walk_presign(api, content),
        "inline": lambda: walk_inline(api, content),
        "lists": lambda: walk_lists(api),
        "refusals": lambda: walk_refusals(api),
    }
    for title, walk in walks.items():
        walk()
        say(title)
    say("done")


# ---- ways to submit


def walk_form(api: Api, name: str, content: bytes) -> None:
    job_id = new_id()
    config, metadata = {"language": "en", "operating_point": "standard"}, {"team": "north", "n": [1, None]}
    tracking, output = {"title": "Call", "tags": ["a"], "details": "b"}, {"srt_overrides": {"max_lines": 1}}
    fields = {
        "transcription_config": config,
        "metadata": metadata,
        "tracking": tracking,
        "output_config": output,
    }
    texts = {"job_id": job_id, "model_code": MODEL}
    same("id of the form", api.create(*api.form((name, content), fields, texts, typed=True)), job_id)
    again = api.call("POST", JOBS, *api.form((name, content), fields, texts, typed=False))
    api.refuses("a used job_id", again, 409)
    job = api.ended(job_id)
    same("end of the form's job", job["status"], "DONE")
    same("model_code", job["model_code"], MODEL)
    echo = {
        "type": "transcription",
        "transcription_config": DEFAULTS,
        "tracking": tracking,
        "output_config": output,
    }
    same("job_config", job["job_config"], echo | {"metadata": metadata})
    same("size_bytes", job["input_metadata"]["size_bytes"], len(content))
    check_fields("input_metadata", job["input_metadata"], MEASURED | {"source": STRING}, {})
    links = check_files(api, job_id, ["json", "txt", "srt"])
    same("the recording", download(links["input"]), content)
    document, text, subtitles = (download(links[name]).decode() for name in ("json", "txt", "srt"))
    check_transcripts(json.loads(document), text, subtitles, job_id)
    check_deletion(api, job_id, links)


def walk_url(api: Api, unreachable_url: str) -> None:
    job_id = api.create({"input_url": unreachable_url, "transcription_config": {}})
    job = api.ended(job_id)
    same("end of a job without a recording", job["status"], "FAILED")
    same("completed_at of a failure", job["completed_at"] is not None, True)
    same("output_metadata of a failure", job["output_metadata"], {})
    same("files of a failure", api.call("GET", f"{JOBS}/{job_id}/files")[1]["outputs"], [])
    same("delete of a failure", api.call("DELETE", f"{JOBS}/{job_id}")[0], 202)


def walk_presign(api: Api, content: bytes) -> None:
    first = {
        "mode": "presign",
        "filename": "a b.wav",
        "content_type": "audio/wav",
        "transcription_config": {},
    }
    tracking = {"tracking": {"title": "x"}, "output_config": {"srt_overrides": {"max_line_length": 42}}}
    status, made = api.call("POST", JOBS, first | tracking)
    same("status of presign", status, 200)
    fields = {"job_id": STRING, "transcription_config": OBJECT, "upload": OBJECT}
    uris = {"input_s3_uri": STRING, "output_s3_prefix": STRING, "tracking": OBJECT, "output_config": OBJECT}
    check_fields("presign", made, fields | uris, {})
    upload = made["upload"]
    parts = {"url": STRING, "s3_key": STRING, "s3_uri": STRING, "expires_in": NUMBER, "headers": OBJECT}
    check_fields("upload", upload, parts, {})
    same("defaults of presign", made["transcription_config"], DEFAULTS)
    same("echoes of presign", {name: made[name] for name in tracking}, tracking)
    same("expires_in", (type(upload["expires_in"]), upload["expires_in"]), (int, 1800))
    same(
        "URIs", (made["input_s3_uri"], upload["s3_uri"].endswith(upload["s3_key"])), (upload["s3_uri"], True)
    )
    job_id, third = (
        made["job_id"],
        {"s3_key": upload["s3_key"], "transcription_config": made["transcription_config"]},
    )
    api.refuses("a job before step 3", api.call("GET", f"{JOBS}/{job_id}"), 404, "Job not found")
    api.refuses("step 3 before step 2", api.call("POST", JOBS, third), 400)
    api.refuses("a foreign key", api.call("POST", JOBS, third | {"s3_key": "inputs/x/y.wav"}), 400)
    put = urllib.request.Request(upload["url"], content, upload["headers"], method="PUT")  # noqa: S310 - given to us
    with urllib.request.urlopen(put, timeout=60) as answer:  # noqa: S310 - as above
        same("status of PUT", answer.status, 200)
    same("id of step 3", api.create(third | tracking), job_id)
    api.refuses("step 3 twice", api.call("POST", JOBS, third | {"job_id": job_id}), 409)
    same("end of the presigned job", api.ended(job_id)["status"], "DONE")


def walk_inline(api: Api, content: bytes) -> None:
    encoded = base64.b64encode(content).decode()
    body = {
        "input_base64": encoded,
        "input_filename": "inline.wav",
        "transcription_config": {},
        "model_code": MODEL,
    }
    job_id = api.create(body)
    same("end of the inline job", api.ended(job_id)["status"], "DONE")
    check_files(api, job_id, ["json", "txt", "srt"])


# ---- lists, refusals


def walk_lists(api: Api) -> None:
    status, page = api.call("GET", JOBS)
    same("status of list", status, 200)
    same(
        "fields of list",
        (sorted(page), sorted(page["meta"])),
        (["items", "meta"], ["page", "page_size", "pages", "total"]),
    )
    for job in page["items"]:
        check_record(job, job["job_id"])
    times = [job["submitted_at"] for job in page["items"]]
    same("newest first", times, sorted(times, reverse=True))
    total = page["meta"]["total"]
    same("counts", page["meta"], {"page": 1, "page_size": 20, "total": total, "pages": -(-total // 20)})
    one = api.call("GET", f"{JOBS}?page=2&page_size=1&sort_order=asc")[1]
    same(
        "page of one",
        (len(one["items"]), one["meta"]),
        (1, {"page": 2, "page_size": 1, "total": total, "pages": total}),
    )
    behind = api.call("GET", f"{JOBS}?page={total + 1}&page_size=1")
    same("page behind the end", (behind[0], behind[1]["items"]), (200, []))
    for query, names in {"DONE": {"DONE"}, "FAILED,DELETED": {"FAILED", "DELETED"}}.items():
        found = api.call("GET", f"{JOBS}?status={query}&model_code={MODEL}&sort_by=status")[1]["items"]
        same("filter by status", bool(found) and {job["status"] for job in found} <= names, True)
    newest = times[0]
    same("submitted_after", api.call("GET", f"{JOBS}?submitted_after={newest}")[1]["meta"]["total"], 0)
    before = api.call("GET", f"{JOBS}?submitted_before={newest}&sort_by=model_code")[1]["items"]
    same("submitted_before", all(job["submitted_at"] < newest for job in before), True)
    allowed = "Allowed: DECODING, DELETED, DONE, FAILED, IN_PROGRESS, QUEUED"
    bogus = api.call("GET", f"{JOBS}?status=BOGUS")
    api.refuses("a bad status", bogus, 400, f"Invalid status value(s): BOGUS. {allowed}")
    for query in (
        "status=POST_PROCESSING",
        "sort_by=x",
        "sort_order=x",
        "submitted_after=x",
        "page=0",
        "page_size=101",
    ):
        api.refuses(query, api.call("GET", f"{JOBS}?{query}"), 400)


def walk_refusals(api: Api) -> None:
    of_one = [("GET", "{}"), ("DELETE", "{}"), ("GET", "{}/files")]
    everything = [("POST", JOBS), ("GET", JOBS), *((method, f"{JOBS}/{end}") for method, end in of_one)]
    for method, path in everything:
        for headers in (dict[str, str](), {"Authorization": "Bearer wrong"}):
            answer = api.call(method, path.format("a"), GOOD if method == "POST" else None, headers)
            api.refuses("a bad key", answer, 403, "API key id not found")
    for method, end in of_one:
        unknown = api.call(method, f"{JOBS}/{end.format('unknown0')}")
        api.refuses("an unknown job", unknown, 404, "Job not found")
        bad = api.call(method, f"{JOBS}/{end.format('a-b')}")
        api.refuses("a bad id", bad, 400, "job_id must be alphanumeric")
    for body in BAD_BODIES:
        api.refuses(f"the body {body!r}", api.call("POST", JOBS, body), 400)
    bad_id = api.call("POST", JOBS, GOOD | {"job_id": "a-b"})
    api.refuses("a bad job_id", bad_id, 400, "job_id must be alphanumeric")
    form = api.form(None, {"transcription_config": {}}, {}, typed=True)
    api.refuses("a form without a file", api.call("POST", JOBS, *form), 400)
    check_size_limit(api)


def check_size_limit(api: Api) -> None:
    """A gigabyte and more is announced, and none of it sent."""
    address = urlsplit(api.base)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    connection.putrequest("POST", JOBS)
    kind = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str((1 << 30) + (1 << 20))}
    for name, value in (api.key | kind).items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    api.refuses("a large file", (answer.status, parsed(answer)), 413, "File too large. Maximum size is 1 GB.")
    connection.close()


def check_files(api: Api, job_id: str, formats: list[str]) -> dict[str, str]:
    """Links by format; that of the recording as "input"."""
    status, files = api.call("GET", f"{JOBS}/{job_id}/files")
    same("files", (status, sorted(files), files["job_id"]), (200, ["inputs", "job_id", "outputs"], job_id))
    for file in (*files["inputs"], *files["outputs"]):
        fields = dict.fromkeys(("key", "s3_uri", "download_url"), STRING)
        check_fields("a file", file, fields | ({"format": STRING} if file in files["outputs"] else {}), {})
    same("formats", [file["format"] for file in files["outputs"]], formats)
    same("one recording", len(files["inputs"]), 1)
    links = {file["format"]: str(file["download_url"]) for file in files["outputs"]}
    return links | {"input": str(files["inputs"][0]["download_url"])}


def check_deletion(api: Api, job_id: str, links: dict[str, str]) -> None:
    path = f"{JOBS}/{job_id}"
    same("delete", api.call("DELETE", path), (202, {"job_id": job_id, "status": "DELETED"}))
    api.refuses("a second delete", api.call("DELETE", path), 409, "Job must be DONE or FAILED to delete")
    status, job = api.call("GET", path)
    check_record(job, job_id)
    same("a deleted job", (status, job["status"], job["deleted_at"] is not None), (200, "DELETED", True))
    files = api.call("GET", f"{path}/files")
    same("files of a deleted job", files, (200, {"job_id": job_id, "inputs": [], "outputs": []}))
    give_up_at = time.monotonic() + GIVE_UP_S
    while any(is_there(link) for link in links.values()):
        same("links of a deleted job work", time.monotonic() > give_up_at, False)
        time.sleep(POLL_S)


# ---- plumbing


def new_id() -> str:
    return f"contract{uuid.uuid4().hex}"


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
