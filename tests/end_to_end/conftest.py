"""One service for each deployment, kept for all tests of a process, and the sources they cut."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corpus.recordings import RECORDINGS, make_recordings
from tests.corpus.speech import lecture
from tests.end_to_end.batch_recordings import make_batch_recordings
from tests.end_to_end.deployments import cluster, folder_and_sqlite, s3_and_postgres
from tests.end_to_end.service import Service
from tests.end_to_end.talks import make_talks
from tests.services.postgres import running_postgres
from tests.services.seaweed import SeaweedServer, running_seaweed
from tests.services.web import Site, running_site
from tests.speech.recordings import write

#: Of many processes one is enough, and asked for by its own command.
DEPLOYMENTS = (
    ["cluster"] if os.environ.get("ZEROKERF_TEST_CLUSTER") else ["folder_and_sqlite", "s3_and_postgres"]
)


@pytest.fixture(scope="session")
def seaweed() -> Iterator[SeaweedServer]:
    with running_seaweed() as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def on_folder_and_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with folder_and_sqlite(tmp_path_factory.mktemp("embedded")) as service:
        yield service


@pytest.fixture(scope="session")
def on_s3_and_postgres(
    tmp_path_factory: pytest.TempPathFactory, seaweed: SeaweedServer, postgres: str
) -> Iterator[Service]:
    with s3_and_postgres(tmp_path_factory.mktemp("apart"), seaweed, postgres) as service:
        yield service


@pytest.fixture(scope="session")
def on_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with cluster(tmp_path_factory.mktemp("cluster")) as service:
        yield service


@pytest.fixture(scope="session", params=DEPLOYMENTS)
def service(request: pytest.FixtureRequest) -> Service:
    # Asked for by name, so that both stay up while tests of one file use them in turn.
    running: Service = request.getfixturevalue(f"on_{request.param}")
    return running


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    make_recordings(folder)
    return folder


@pytest.fixture(scope="session")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("talks")
    make_talks(folder)
    return folder


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spoken")
    make_batch_recordings(folder)
    return folder


@pytest.fixture(scope="session")
def long_speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes: half a minute of work for four cores."""
    return write(tmp_path_factory.mktemp("lecture") / "lecture.wav", lecture(600).samples)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture(scope="session")
def urls(recordings: Path, site: Site) -> dict[str, str]:
    """Where the recordings can be fetched, by name."""
    return {name: site.add_file(recordings / name) for name in RECORDINGS}
