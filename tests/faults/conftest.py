"""Recordings that keep a worker busy for a while, and where they can be fetched."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.corpus.recordings import RATE, music, write_wav
from tests.corpus.speech import lecture as make_lecture
from tests.services.web import Site, running_site, whole
from tests.services.zerokerf import Deployment
from tests.speech.recordings import Reading, write

#: A few seconds of work for one encoder.
BUSY_S = 300
#: More of it than a service that stops is willing to wait for.
LONG_S = 600
#: Of speech: half a minute of work for four cores.
LECTURE_S = 600


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    # One encoder at a time, so that the job lasts.
    return Deployment(tmp_path / "data", extra={"ZEROKERF_ENCODE_PARALLEL": "1"})


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture(scope="session")
def busy_content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return _content(tmp_path_factory.mktemp("busy") / "busy.wav", BUSY_S)


@pytest.fixture(scope="session")
def busy_recording(site: Site, busy_content: bytes) -> str:
    return site.add("/busy.wav", whole(busy_content))


@pytest.fixture(scope="session")
def long_recording(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    return site.add("/long.wav", whole(_content(tmp_path_factory.mktemp("long") / "long.wav", LONG_S)))


@pytest.fixture(scope="session")
def lecture() -> Reading:
    return make_lecture(LECTURE_S)


@pytest.fixture(scope="session")
def lecture_file(lecture: Reading, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("lecture") / "lecture.wav", lecture.samples)


def _content(path: Path, length_s: int) -> bytes:
    write_wav(path, np.tile(music(10 * RATE), (length_s // 10, 1)))
    return path.read_bytes()
