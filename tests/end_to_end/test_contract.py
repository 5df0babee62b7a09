"""The documented REST contract, walked by a client that knows nothing else."""

import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from tests.corpus.decoders import decoded_samples
from tests.corpus.recordings import ffmpeg
from tests.end_to_end.service import Service
from tests.services.web import Site, gated
from tests.services.zerokerf import API_KEY

SCRIPT = Path(__file__).with_name("contract_client.py")
RATE = 8000


@pytest.fixture(scope="session")
def podcast(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The episode of the documented example: 23 minutes."""
    path = tmp_path_factory.mktemp("podcast") / "episode.mp3"
    ffmpeg("-f", "lavfi", "-i", f"sine=f=300:r={RATE}:d=1380", "-b:a", "16k", path)
    return path.read_bytes()


def test_a_client_of_the_documentation_finds_every_answer_as_documented(
    service: Service, site: Site, podcast: bytes, tmp_path: Path
) -> None:
    gate = threading.Event()
    url = site.add(f"/{uuid.uuid4().hex}/podcast-episode-42.mp3", gated(podcast, gate))

    said = _walk(service.deployment.rest_url, url, len(podcast), tmp_path, gate)

    assert said == ["processing", "done"]
    counts = [decoded_samples(file) for file in sorted(tmp_path.iterdir())]
    assert counts == [600 * RATE, 600 * RATE, 180 * RATE]


def _walk(base: str, url: str, size: int, folder: Path, gate: threading.Event) -> list[str]:
    """What the client says. The source is held back until it has seen the job in processing."""
    command = [sys.executable, "-I", str(SCRIPT), base, API_KEY, url, str(size), str(folder)]
    said = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as client:
        for line in client.stdout or ():
            said.append(line.strip())
            if said[-1] == "processing":
                gate.set()
    gate.set()
    return said
