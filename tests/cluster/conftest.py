"""One cluster for all tests of this folder: two servers, two gateways, three workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.cluster import Cluster, running_cluster
from tests.services.web import Site, running_site


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recordings")
