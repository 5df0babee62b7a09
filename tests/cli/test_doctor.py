"""`zerokerf doctor`: a service in health has nothing to do, and each thing that is wrong is told apart."""

import asyncio
import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from server.database.migrate import migrate
from server.database.open import open_database
from server.settings import Settings, load_settings
from server.workflows.embedded.engine import running_engine
from tests.services.databases import postgres
from tests.services.folders import files_in
from tests.services.seaweed import REGION, SeaweedServer, running_seaweed
from tests.services.web import running_site
from tests.services.zerokerf import Deployment, running
from zerokerf.cli.doctor.engine import look_at_engine
from zerokerf.cli.doctor.records import look_at_clock, look_at_database
from zerokerf.cli.doctor.store import look_at_store
from zerokerf.cli.doctor.tools import LEAST_FREE_BYTES, disk_finding, look_at_recognizer

__all__ = ["postgres"]

CHECKS = ["settings", "database", "engine", "store", "decoder", "recognizer", "clock", "disk"]


@pytest.fixture(scope="session")
def seaweed() -> Iterator[SeaweedServer]:
    with running_seaweed() as server:
        yield server


async def doctor(deployment: Deployment, *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "zerokerf", "doctor", *arguments),
        env=deployment.environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    assert b"Traceback" not in err
    return process.returncode or 0, out.decode()


def answer_long_ago(request: BaseHTTPRequestHandler) -> None:
    request.send_response_only(200)
    request.send_header("Date", "Fri, 01 May 2026 12:00:00 GMT")
    request.send_header("Content-Length", "0")
    request.end_headers()


def settings_of(folder: Path, **named: str) -> Settings:
    return load_settings({"data_dir": str(folder), **named}, {})


async def test_a_running_service_is_in_health(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "data")
    with running(deployment):
        code, said = await doctor(deployment, "--json")
        objects = list(files_in(deployment.data_dir / "objects"))

    findings = json.loads(said)
    assert [finding["check"] for finding in findings] == CHECKS
    assert [finding for finding in findings if not finding["ok"]] == []
    assert code == 0
    assert objects == []


async def test_where_nothing_runs_each_line_says_what_to_do(tmp_path: Path) -> None:
    code, said = await doctor(Deployment(tmp_path / "data"), "--ffmpeg", "/bin/true")

    failed = [line.split()[1] for line in said.splitlines() if line.startswith("FAIL")]
    assert failed == ["database", "engine", "store", "decoder"]
    assert "Run 'zerokerf migrate'." in said
    assert "Start 'zerokerf serve'" in said
    assert code == 1
    assert not (tmp_path / "data").exists()


async def test_a_setting_that_is_wrong_is_all_there_is_to_say(tmp_path: Path) -> None:
    code, said = await doctor(Deployment(tmp_path), "--worker-kinds", "knit")

    assert said.startswith("FAIL  settings    ZEROKERF_WORKER_KINDS is not valid")
    assert code == 1


async def test_tables_of_another_version_are_to_be_migrated(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/zerokerf.db") as database:
        await migrate(database, "0003")

    finding = await look_at_database(settings_of(tmp_path))

    assert "version 0003" in finding.found
    assert "zerokerf migrate" in finding.to_do


async def test_an_engine_without_workers_is_not_enough(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as address:
        finding = await look_at_engine(settings_of(tmp_path))
        other = settings_of(tmp_path, temporal_address=address.target, temporal_namespace="nowhere")
        nowhere = await look_at_engine(other)

    assert "no worker asks for: cut, encode, transcribe, deliver, upkeep" in finding.found
    assert "zerokerf worker" in finding.to_do
    assert "temporal operator namespace create -n nowhere" in nowhere.to_do


async def test_a_store_is_fetched_from_at_its_public_address(tmp_path: Path, seaweed: SeaweedServer) -> None:
    url = f"s3+http://{seaweed.endpoint}/test-doctor?region={REGION}"
    keys = {"storage_access_key": seaweed.access_key, "storage_secret_key": seaweed.secret_key}

    good = await look_at_store(settings_of(tmp_path, storage_url=url, **keys))
    unreachable = f"{url}&public=http://127.0.0.1:9"
    bad = await look_at_store(settings_of(tmp_path, storage_url=unreachable, **keys))

    assert good.is_ok, good
    assert "http://127.0.0.1:9/ is not answered" in bad.found
    assert "public=" in bad.to_do


async def test_clocks_of_others_are_compared_with_ours(
    tmp_path: Path, seaweed: SeaweedServer, postgres: str
) -> None:
    url = f"s3+http://{seaweed.endpoint}/test-doctor?region={REGION}"

    finding = await look_at_clock(settings_of(tmp_path, storage_url=url, database_url=postgres))

    assert finding.is_ok, finding
    assert "differs by" in finding.found


async def test_a_clock_that_is_wrong_is_told(tmp_path: Path) -> None:
    with running_site() as site:
        site.add("/", answer_long_ago)
        url = f"s3+{site.url}/test-doctor?region={REGION}"

        finding = await look_at_clock(settings_of(tmp_path, storage_url=url))

    assert "clock of the store differs by" in finding.found
    assert "NTP" in finding.to_do


async def test_a_worker_that_transcribes_nothing_needs_no_recognizer(tmp_path: Path) -> None:
    finding = await look_at_recognizer(
        settings_of(tmp_path, worker_kinds="cut,encode", speech_models="a=/no/where")
    )

    assert finding.is_ok


def test_a_disk_that_is_nearly_full_is_told() -> None:
    full = disk_finding({"scratch": LEAST_FREE_BYTES - 1, "data": 10**12}, 2**30)
    roomy = disk_finding({"scratch": LEAST_FREE_BYTES, "data": 10**12}, 2**30)

    assert "ZEROKERF_SCRATCH_DIR" in full.to_do
    assert roomy.is_ok
