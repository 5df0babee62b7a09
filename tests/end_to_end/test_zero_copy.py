"""A long recording in an S3 store is cut there: what users get is as exact as what a worker sends."""

import hashlib
import subprocess
from pathlib import Path

import httpx
import numpy as np

from server.media.decoder import find_decoder
from tests.corpus.decoders import pcm
from tests.corpus.recordings import RATE, music, write_wav
from tests.end_to_end.service import Json, Service, document
from tests.services.zerokerf import API_KEY
from zerokerf.client import AsyncClient

#: Most of 40 MiB, so that one segment is long enough to be composed and the other is not.
SECONDS = 230
CUT_S = 200.0


#: At 320 kbit/s 34 MiB and some more.
MP3_MINUTES, MP3_CUT_S = 16, 900.0


def long_mp3(folder: Path) -> Path:
    """A minute, again and again: made in a moment."""
    minute, path = folder / "minute.mp3", folder / "long.mp3"
    ffmpeg = [str(find_decoder().binary), "-v", "error"]
    noise = ["-f", "lavfi", "-i", "anoisesrc=d=60:c=pink:seed=1:r=44100", "-ac", "2", "-b:a", "320k"]
    subprocess.run([*ffmpeg, *noise, str(minute)], check=True)
    again = ["-stream_loop", str(MP3_MINUTES - 1), "-i", str(minute), "-c", "copy", str(path)]
    subprocess.run([*ffmpeg, *again], check=True)
    return path


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


def test_what_is_copied_of_a_long_mp3_is_put_together_in_the_store(
    on_s3_and_postgres: Service, tmp_path: Path
) -> None:
    service = on_s3_and_postgres
    upload_id = put(service, long_mp3(tmp_path))

    composed = service.rest.completed(create(service, upload_id, timestamps=[MP3_CUT_S]))
    sent = service.rest.completed(create(service, upload_id, timestamps=[MP3_CUT_S], verification="full"))

    told, usual = manifest_of(service, composed["id"]), manifest_of(service, sent["id"])
    assert ["composed" in segment["proof"] for segment in told["segments"]] == [True, False]
    assert all("composed" not in segment["proof"] for segment in usual["segments"])
    files = service.download_segments(composed, tmp_path)
    contents = [file.read_bytes() for file in files]
    others = service.download_segments(sent, tmp_path)
    assert contents == [file.read_bytes() for file in others]
    sums = [hashlib.sha256(content).hexdigest() for content in contents]
    assert sums == [segment["sha256"] for segment in told["segments"]]
