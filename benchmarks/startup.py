"""How long `zerokerf serve` takes until it serves, with an empty folder and with its own from before."""

import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from benchmarks.results import Row, in_seconds
from benchmarks.service import serving
from tests.services.zerokerf import Deployment

FIRST_BAR_S, AGAIN_BAR_S = 8.0, 5.0
REPEATS = 5


async def measure(folder: Path) -> list[Row]:
    _seconds_to_ready(Deployment(folder / "unmeasured"))  # brings programs and modules into memory
    first_s, again_s = [], []
    for count in range(REPEATS):
        deployment = Deployment(folder / str(count))
        first_s.append(_seconds_to_ready(deployment))
        again_s.append(_seconds_to_ready(deployment))
    return [
        _row("first start, until ready", first_s, FIRST_BAR_S),
        _row("restart, until ready", again_s, AGAIN_BAR_S),
    ]


def _seconds_to_ready(deployment: Deployment) -> float:
    begun_s = time.perf_counter()
    with serving(deployment):
        while not _answers(f"{deployment.rest_url}/readyz"):
            time.sleep(0.01)
        return time.perf_counter() - begun_s


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=10):  # noqa: S310 - our own
            return True
    except HTTPError:
        return False


def _row(what: str, values_s: list[float], bar_s: float) -> Row:
    return Row(what, f"≤ {bar_s:g} s", in_seconds(values_s), len(values_s), max(values_s) <= bar_s)
