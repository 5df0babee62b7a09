"""Stretches of a file are decoded where they are, to the sample, however they are reached."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from server.media.copying.mp3_cut import open_mp3
from server.media.edge_decode import Anchor, AudioFile
from server.media.edge_proof import EDGE_BARS
from server.media.edge_stretch import Samples
from server.media.encode import DEMUXERS
from tests.media.test_proof import COPIED, source_of


def whole(path: Path, demuxer: str) -> Samples:
    with AudioFile(str(path), demuxer) as file:
        head = file.head(None)
        return head.part(0, head.end)


@pytest.mark.parametrize("name", [name for name in COPIED if name != "aac.m4a"])  # for its random noise
def test_a_stretch_is_the_same_as_that_part_of_everything(name: str, sources: Path) -> None:
    path, kind = sources / name, COPIED[name]
    demuxer, bar = DEMUXERS[kind], EDGE_BARS[kind]
    everything = whole(path, demuxer)
    assert everything.shape[1] == source_of(path).copier.sample_count

    with AudioFile(str(path), demuxer) as file:
        file.head(1)
        for place in (1, 777, 30_000, 99_991, 51_234, 0, everything.shape[1] - 5_001):
            stretch = file.stretch(place - bar.pre_roll_ms * 50, place, place + 5000)
            found = stretch.part(place, 5000).astype(np.float64)
            wanted = everything[:, place : place + 5000].astype(np.float64)
            assert np.allclose(found, wanted, rtol=0, atol=bar.tolerance), place


@pytest.mark.parametrize("name", COPIED)
def test_a_flow_from_the_middle_leads_to_the_end(name: str, sources: Path) -> None:
    path, demuxer = sources / name, DEMUXERS[COPIED[name]]
    everything = whole(path, demuxer)

    with AudioFile(str(path), demuxer) as file:
        file.head(1)
        flow = list(file.flow(50_000))

    assert 50_000 <= flow[0].place < 60_000
    assert all(stretch.end == after.place for stretch, after in pairwise(flow))
    assert flow[-1].end == everything.shape[1]


@pytest.mark.parametrize("name", ["cbr.mp3", "vbr.mp3", "22k_mono.mp3"])
def test_a_stretch_from_a_frame_whose_place_is_known_needs_no_seeking(name: str, sources: Path) -> None:
    everything = whole(sources / name, "mp3")
    copier = open_mp3(sources / name)
    frames, spf = copier._frames, copier._frames.header.frame_samples

    with AudioFile(str(sources / name), "mp3") as file:
        file.head(1)
        for index in (40, 20, 7):
            anchor = Anchor(int(frames.positions[index]), index * spf - frames.hidden_samples)
            needed = anchor.place + 20 * spf
            stretch = file.stretch_from(anchor, needed, None)
            assert stretch.end == everything.shape[1]
            assert np.array_equal(stretch.part(needed, 1 << 30), everything[:, needed:])
