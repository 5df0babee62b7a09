"""A long recording in an S3 store is cut there: what users get is as exact as what a worker sends."""

from pathlib import Path

import httpx
import numpy as np

from tests.corpus.decoders import pcm
from tests.corpus.recordings import RATE, music, write_wav
from tests.end_to_end.service import Json, Service, document
from tests.services.zerokerf import API_KEY
from zerokerf.client import AsyncClient

#: Most of 40 MiB, so that one segment is long enough to be composed and the other is not.
SECONDS = 230
CUT_S = 200.0


def put(service: Service, source: Path) -> str:
    answer = service.rest.call(
        "POST", "/uploads", json={"fileName": "long talk.wav", "contentType": "audio/wav"}
    )
    upload = document(answer)
    stored = httpx.put(upload["url"], content=source.read_bytes(), headers=upload["headers"], timeout=60)
    assert stored.status_code == 200, stored.text
    return str(upload["id"])


def create(service: Service, upload_id: str, **fields: object) -> str:
    body = {"sourceUpload": upload_id, "splitMode": "timestamps", "timestamps": [CUT_S], **fields}
    answer = service.rest.call("POST", "/splits", json=body)
    assert answer.status_code == 201, answer.text
    return str(document(answer)["id"])


def manifest_of(service: Service, job_id: str) -> Json:
    answer = service.rest.call("GET", f"/splits/{job_id}/manifest")
    assert answer.status_code == 200, answer.text
    return document(answer)


def test_a_long_upload_is_cut_inside_the_store(on_s3_and_postgres: Service, tmp_path: Path) -> None:
    service, source = on_s3_and_postgres, tmp_path / "long.wav"
    write_wav(source, np.tile(music(10 * RATE), (SECONDS // 10, 1)))
    upload_id = put(service, source)

    composed = service.rest.completed(create(service, upload_id))
    sent = service.rest.completed(create(service, upload_id, verification="full"))

    told, usual = manifest_of(service, composed["id"]), manifest_of(service, sent["id"])
    assert told["source"]["sha256"] is None
    assert usual["source"]["sha256"] is not None
    assert [segment["sha256"] is None for segment in told["segments"]] == [True, False]
    assert told["segments"][0]["proof"]["composed"]["comparedBytes"] > 0
    assert "composed" not in usual["segments"][0]["proof"]
    files = service.download_segments(composed, tmp_path)
    others = service.download_segments(sent, tmp_path)
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in others]
    assert b"".join(map(pcm, files)) == pcm(source)


async def test_a_composed_file_is_downloaded_without_a_checksum(
    on_s3_and_postgres: Service, tmp_path: Path
) -> None:
    service, source = on_s3_and_postgres, tmp_path / "long.wav"
    write_wav(source, np.tile(music(10 * RATE), (SECONDS // 10, 1)))
    job_id = create(service, put(service, source))
    async with AsyncClient(service.deployment.grpc_address, API_KEY) as client:
        done = await client.wait(job_id)
        files = [await client.download(segment, tmp_path) for segment in done.segments]

    assert [segment.sha256 == "" for segment in done.segments] == [True, False]
    assert b"".join(map(pcm, files)) == pcm(source)
