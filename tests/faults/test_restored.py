"""A backup that is taken while the service runs is a service again, elsewhere."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.service import Rest
from tests.services.zerokerf import Deployment, running

pytestmark = pytest.mark.slow


def test_a_backup_has_all_jobs_and_finishes_those_that_were_under_way(
    deployment: Deployment, busy_recording: str, tmp_path: Path
) -> None:
    restored = Deployment(tmp_path / "restored", extra=deployment.extra)
    with running(deployment), httpx.Client(base_url=deployment.rest_url, timeout=30) as http:
        rest = Rest(http)
        done = rest.completed(rest.create(busy_recording, segmentDuration=60)["id"])
        under_way = rest.create(busy_recording, segmentDuration=30, outputFormat="mp3")
        back_up(deployment.data_dir, restored.data_dir)

    with running(restored), httpx.Client(base_url=restored.rest_url, timeout=30) as http:
        rest = Rest(http)
        links = [segment["downloadUrl"] for segment in rest.get(done["id"])["segments"]]
        assert [http.get(link).status_code for link in links] == [200] * len(done["segments"])
        assert len(rest.completed(under_way["id"])["segments"]) == 10


def back_up(data_dir: Path, folder: Path) -> None:
    """As docs/operations.md says: first the records, then the objects that they name, and the keys."""
    folder.mkdir()
    with (
        closing(sqlite3.connect(data_dir / "zerokerf.db")) as live,
        closing(sqlite3.connect(folder / "zerokerf.db")) as copy,
    ):
        live.backup(copy)
    shutil.copytree(data_dir / "objects", folder / "objects", ignore=shutil.ignore_patterns(".tmp"))
    for name in ("signing.key", "token.key"):
        shutil.copy2(data_dir / name, folder / name)
