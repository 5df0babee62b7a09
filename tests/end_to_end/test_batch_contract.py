"""The documented transcription API, walked by a client that knows nothing else."""

import subprocess
import sys
from pathlib import Path

from tests.end_to_end.service import Service
from tests.services.zerokerf import API_KEY

ROOT = Path(__file__).parents[2]
CLIENT = "tests.end_to_end.batch_contract_client"
#: Nobody listens there.
NOWHERE = "https://127.0.0.1:1/a.mp3"


def test_a_client_of_the_contract_finds_every_answer_as_documented(service: Service, spoken: Path) -> None:
    base, recording = service.deployment.rest_url, str(spoken / "speech.wav")

    walked = subprocess.run(
        [sys.executable, "-S", "-m", CLIENT, base, API_KEY, recording, NOWHERE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert walked.stdout.split() == ["form", "url", "presign", "inline", "lists", "refusals", "done"], (
        walked.stdout + walked.stderr
    )
