"""Stretches of a file are decoded where they are, to the sample, however they are reached."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from server.media.edges.decode import Anchor, AudioFile
from server.media.edges.proof import EDGE_BARS, Anchored
from server.media.edges.stretch import Samples
from server.media.encoding.options import DEMUXERS
from tests.media.proof.test_proof import COPIED, source_of


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
            stretch = file.stretch(place - max(200, bar.pre_rolls_ms[0]) * 50, place, place + 5000)
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


@pytest.mark.parametrize("name", ["cbr.mp3", "vbr.mp3", "22k_mono.mp3", "adts.aac"])
def test_a_stretch_from_a_frame_whose_place_is_known_needs_no_seeking(name: str, sources: Path) -> None:
    demuxer = DEMUXERS[COPIED[name]]
    everything = whole(sources / name, demuxer)
    copier = source_of(sources / name).copier
    assert isinstance(copier, Anchored)

    anchors = [Anchor(*copier.anchor(sample)) for sample in (9_999, 25_001, 50_000)]

    with AudioFile(str(sources / name), demuxer, anchors) as file:
        file.head(1)
        for anchor, begin in zip(anchors[::-1], (60_000, 50_000 - 1152, 9_999), strict=True):
            needed = anchor.place + 20_000
            stretch = file.stretch(begin, anchor.place, None)
            assert (stretch.place, stretch.end) == (anchor.place, everything.shape[1])
            assert np.array_equal(stretch.part(needed, 1 << 30), everything[:, needed:])
        begun = file.stretch(9_000 - 1152, 12_000, 20_000)  # before all anchors
        assert np.array_equal(begun.part(12_000, 8_000), everything[:, 12_000:20_000])


@pytest.mark.parametrize("name", ["cbr.mp3", "no_xing.mp3", "22k_mono.mp3", "adts.aac"])
def test_every_sample_lies_in_the_frame_that_is_its_anchor(name: str, sources: Path) -> None:
    """Each frame begins with sync bits, and the last one ends the file."""
    copier = source_of(sources / name).copier
    assert isinstance(copier, Anchored)
    data = (sources / name).read_bytes()

    first_offset, first_place = copier.anchor(-10_000)
    assert first_place <= 0
    assert copier.anchor(first_place) == (first_offset, first_place)
    _, second = copier.anchor(first_place + 1152)
    assert copier.anchor(second - 1)[1] < second == copier.anchor(second)[1]
    for sample in range(0, copier.sample_count, 4_999):
        offset, place = copier.anchor(sample)
        assert data[offset] == 0xFF
        assert data[offset + 1] & 0xE0 == 0xE0
        assert place <= sample < place + 1152
    last = copier.anchor(copier.sample_count - 1)
    assert copier.anchor(copier.sample_count + 1_000_000)[0] >= last[0]
