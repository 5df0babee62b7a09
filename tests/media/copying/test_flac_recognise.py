"""A finished FLAC segment is known by its frames, wherever it was cut, and nothing else is taken for it."""

import random
from pathlib import Path

import pytest

from server.media.copying.copier import NotCopyable
from server.media.copying.flac.cut import FlacCopier, open_flac
from server.media.copying.flac.index import read_index
from tests.media.copying.flac_sources import SOURCES
from zerokerf.errors import CorruptFile


@pytest.fixture(scope="module", params=SOURCES)
def copier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FlacCopier:
    path = tmp_path_factory.mktemp("flac") / "source.flac"
    SOURCES[request.param](path)
    return open_flac(path)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> FlacCopier:
    path = tmp_path_factory.mktemp("flac") / "source.flac"
    SOURCES["16 bit"](path)
    return open_flac(path)


def ranges(copier: FlacCopier) -> list[tuple[int, int]]:
    end = copier.sample_count
    return [(0, end), (0, 1), (end - 1, 1), (7, 5000), (4096, 8192), (4090, 4107), (end // 3, end // 2)]


def test_every_segment_is_known_by_its_frames(copier: FlacCopier, tmp_path: Path) -> None:
    for first, count in ranges(copier):
        path = tmp_path / f"{first}.flac"
        copier.write(first, count, path)

        found = copier.recognise(first, count, path)

        index = read_index(path)
        frames = list(zip(index.frame_offsets.tolist(), index.starts.tolist(), strict=False))
        assert [found.anchor(place) for _, place in frames] == frames
        assert found.anchor(-5) == frames[0]
        assert found.anchor(count + 5) == frames[-1]


def is_recognised(copier: FlacCopier, first: int, count: int, path: Path) -> bool:
    try:
        copier.recognise(first, count, path)
    except (CorruptFile, NotCopyable):
        return False
    return True


def test_another_range_is_not_taken_for_it(plain: FlacCopier, tmp_path: Path) -> None:
    path = tmp_path / "segment.flac"
    plain.write(5_000, 50_000, path)

    assert is_recognised(plain, 5_000, 50_000, path)
    assert not is_recognised(plain, 5_001, 50_000, path)
    assert not is_recognised(plain, 5_000, 49_999, path)
    assert not is_recognised(plain, 5_000 + 4096, 50_000, path)


def test_no_damage_passes(plain: FlacCopier, tmp_path: Path) -> None:
    path = tmp_path / "segment.flac"
    plain.write(5_000, 50_000, path)
    whole = path.read_bytes()
    chance = random.Random(5)
    for _ in range(300):
        mutant = bytearray(whole)
        match chance.randrange(3):
            case 0:
                mutant[chance.randrange(42, len(mutant))] ^= 1 << chance.randrange(8)
            case 1:
                del mutant[chance.randrange(42, len(mutant)) :]
            case _:
                mutant.insert(chance.randrange(42, len(mutant) + 1), chance.randrange(256))
        path.write_bytes(mutant)
        assert not is_recognised(plain, 5_000, 50_000, path)


def test_metadata_in_front_changes_nothing(plain: FlacCopier, tmp_path: Path) -> None:
    path = tmp_path / "segment.flac"
    plain.write(5_000, 50_000, path)
    bare = path.read_bytes()
    padding = b"\x81" + (100).to_bytes(3, "big") + bytes(100)
    path.write_bytes(bare[:4] + b"\0" + bare[5:42] + padding + bare[42:])

    assert plain.recognise(5_000, 50_000, path).anchor(0) == (42 + len(padding), 0)
