"""One watched service for all tests of a process."""

from collections.abc import Iterator

import pytest

from tests.observe.watched import Watched, watched_service


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched_service(tmp_path_factory.mktemp("watched")) as watched:
        yield watched
