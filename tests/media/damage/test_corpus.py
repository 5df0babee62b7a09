"""The damaged recordings that the whole service is tried with are what they are called."""

from pathlib import Path

import pytest

from tests.corpus.hostile import DAMAGED, REFUSED, make_hostile
from tests.corpus.recordings import make_recordings
from tests.media.conftest import Room
from tests.media.damage.trying import assert_told, outcome_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recordings, folder = tmp_path_factory.mktemp("recordings"), tmp_path_factory.mktemp("hostile")
    make_recordings(recordings)
    make_hostile(folder, recordings)
    return folder


@pytest.mark.parametrize("name", DAMAGED)
async def test_a_damaged_recording_gives_what_is_left_of_it(name: str, hostile: Path, room: Room) -> None:
    outcome = await outcome_of(room, hostile / name)

    assert outcome.error is None
    assert outcome.found_samples > 0
    assert_told(outcome)


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_cut_is_refused_with_its_reason(name: str, hostile: Path, room: Room) -> None:
    outcome = await outcome_of(room, hostile / name)

    assert outcome.error is not None
    assert outcome.error.reason == REFUSED[name]
