"""A client in another language, made straight from the .proto files."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.decoders import decoded_samples
from tests.corpus.recordings import SAMPLES
from tests.end_to_end.service import Service
from tests.services.zerokerf import API_KEY

NODE_CLIENT = Path(__file__).parents[1] / "node"
PROTOS = Path(__file__).parents[2] / "protos"


@pytest.fixture(scope="session")
def node() -> str:
    """The program, once the packages that the client needs are installed."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        message = "Node and npm are missing: install Node 20 or newer"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    if not _is_installed():
        command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        installed = subprocess.run(
            command, cwd=NODE_CLIENT, capture_output=True, text=True, timeout=240, check=False
        )
        assert installed.returncode == 0, installed.stderr
    return program


async def test_a_node_client_creates_watches_over_broken_streams_and_downloads(
    service: Service, urls: dict[str, str], node: str, tmp_path: Path
) -> None:
    seen = _run(node, service.deployment.grpc_address, urls["take.wav"], tmp_path)

    assert seen["state"] == "STATE_COMPLETED"
    assert seen["states"][0] == "STATE_QUEUED"
    assert seen["states"][-1] == "STATE_COMPLETED"
    assert seen["connections"] == 3
    assert seen["sequences"] == list(range(1, len(seen["sequences"]) + 1))
    assert seen["sampleCount"] == sum(seen["segmentSamples"]) == SAMPLES
    assert all(file["whole"] for file in seen["files"])
    assert [decoded_samples(Path(file["file"])) for file in seen["files"]] == seen["segmentSamples"]
    assert seen["refused"] == "NOT_FOUND"


def _is_installed() -> bool:
    """Whether npm's own record of what it installed is as new as the lock file."""
    record = NODE_CLIENT / "node_modules" / ".package-lock.json"
    lock = NODE_CLIENT / "package-lock.json"
    return record.exists() and record.stat().st_mtime >= lock.stat().st_mtime


def _run(node: str, address: str, url: str, folder: Path) -> Any:  # noqa: ANN401 - JSON is whatever it is
    command = [node, "split.mjs", address, API_KEY, str(PROTOS), url, str(folder)]
    done = subprocess.run(command, cwd=NODE_CLIENT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
