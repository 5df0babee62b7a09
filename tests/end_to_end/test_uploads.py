"""Files that no URL leads to: sent in one request or in a stream that breaks, then cut."""

from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.corpus.decoders import pcm
from tests.corpus.recordings import RATE, music, write_wav
from tests.end_to_end.service import Json, Service
from tests.services.breaking_proxy import breaking_proxy
from tests.services.zerokerf import API_KEY
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split

LONG_SAMPLES = 270 * RATE
#: Some pieces later than the first one that the server commits, whatever is still on the way in buffers.
BREAK_AFTER_BYTES = 40 << 20


def test_a_file_that_was_put_to_its_link_is_cut(service: Service, recordings: Path, tmp_path: Path) -> None:
    source = recordings / "take.flac"
    upload = _create_upload(service, fileName="my take.flac", contentType="audio/flac")

    put = httpx.put(upload["url"], content=source.read_bytes(), headers=upload["headers"])
    job = service.rest.completed(_create_split(service, upload["id"]).json()["id"])

    assert put.status_code == 200
    assert (job["sourceFileName"], job["sourceSize"]) == ("my take.flac", source.stat().st_size)
    assert b"".join(map(pcm, service.download_segments(job, tmp_path))) == pcm(source)


async def test_a_stream_that_breaks_goes_on_from_what_was_committed(service: Service, tmp_path: Path) -> None:
    source = tmp_path / "long.wav"
    write_wav(source, np.tile(music(10 * RATE), (27, 1)))
    async with (
        breaking_proxy(service.deployment.grpc_address, BREAK_AFTER_BYTES) as proxy,
        AsyncClient(proxy.address, API_KEY) as client,
    ):
        split = await client.create_split(file=source, every=timedelta(minutes=1))
        done = await client.wait(split.id)
        files = [await client.download(segment, tmp_path) for segment in done.segments]

    assert proxy.breaks == 1
    assert proxy.sent_bytes < source.stat().st_size + BREAK_AFTER_BYTES  # so not all of it was sent again
    assert done.state == Split.STATE_COMPLETED
    assert (done.source.file_name, done.source.sample_count) == ("long.wav", LONG_SAMPLES)
    assert b"".join(map(pcm, files)) == pcm(source)


def test_an_upload_without_bytes_cannot_be_cut_yet(service: Service) -> None:
    upload = _create_upload(service, fileName="late.wav")

    answer = _create_split(service, upload["id"])

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "UPLOAD_INCOMPLETE")


def test_an_unknown_upload_is_not_found(service: Service) -> None:
    answer = _create_split(service, "upl_" + "0" * 20)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_a_file_that_is_declared_too_large_is_refused_at_once(service: Service) -> None:
    answer = service.rest.call("POST", "/uploads", json={"fileName": "huge.wav", "size": 1 << 40})

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "FILE_TOO_LARGE")


@pytest.mark.parametrize("change", ["key", "signature"])
def test_an_altered_link_takes_nothing(service: Service, change: str) -> None:
    upload = _create_upload(service, fileName="forged.wav")
    url: str = upload["url"]
    altered = url.replace(upload["id"], "upl_" + "0" * 20) if change == "key" else url[:-6] + "000000"

    put = httpx.put(altered, content=b"RIFF", headers=upload["headers"])

    assert put.status_code == 403
    assert [key for key in service.stored() if "0" * 20 in key or upload["id"] in key] == []


def _create_upload(service: Service, **fields: object) -> Json:
    answer = service.rest.call("POST", "/uploads", json=fields)
    assert answer.status_code == 201, answer.text
    upload: Json = answer.json()
    return upload


def _create_split(service: Service, upload_id: str) -> httpx.Response:
    body = {"sourceUpload": upload_id, "splitMode": "duration", "segmentDuration": 2}
    return service.rest.call("POST", "/splits", json=body)
