"""Cancelling reaches the encoder within seconds and leaves nothing."""

from pathlib import Path

import httpx
import pytest

from tests.end_to_end.polling import until
from tests.end_to_end.service import Rest
from tests.faults.conftest import LONG_S
from tests.faults.processes import encoders
from tests.services.folders import files_in, size_bytes_in
from tests.services.zerokerf import Deployment, running

pytestmark = pytest.mark.slow


def test_cancelling_in_mid_encode_ends_the_encoder_and_leaves_nothing(
    long_recording: str, tmp_path: Path
) -> None:
    deployment = Deployment(tmp_path / "data")
    with running(deployment), httpx.Client(base_url=deployment.rest_url, timeout=30) as http:
        rest = Rest(http)
        job = rest.create(long_recording, segmentDuration=LONG_S, outputFormat="ogg")
        until(
            lambda: _is_encoding(rest, job["id"], deployment.data_dir),
            "the one long segment is being encoded",
            60,
        )

        cancelled = rest.call("POST", f"/splits/{job['id']}/cancel").json()
        until(lambda: encoders(deployment.data_dir) == [], "the encoder is gone", 5)

        assert (cancelled["status"], cancelled["error"]["code"]) == ("failed", "JOB_CANCELLED")
        until(lambda: _left(deployment.data_dir) == [], "store and scratch are empty")
        assert rest.get(job["id"])["error"]["code"] == "JOB_CANCELLED"


def _is_encoding(rest: Rest, job_id: str, data_dir: Path) -> bool:
    job = rest.get(job_id)
    assert job["status"] in {"queued", "processing"}, job
    return bool(encoders(data_dir)) and size_bytes_in(data_dir / "scratch", "*.ogg.part") > 0


def _left(data_dir: Path) -> list[str]:
    places = (data_dir / "objects", data_dir / "scratch")
    return [str(path) for place in places for path in files_in(place) if path.name != ".lock"]
