"""Damaged and forged Ogg files: an answer every time, and never a wrong one about whether they are whole."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server.media.copying.copier import Copier, NotCopyable
from server.media.copying.ogg.opus_cut import open_opus
from server.media.copying.ogg.vorbis_cut import open_vorbis
from tests.media.copying.ogg_tools import RawPage, encode, pages_of, save, write
from zerokerf.errors import CorruptFile

OPENERS: dict[str, Callable[[Path], Copier]] = {"opus": open_opus, "ogg": open_vorbis}
CODECS = {"opus": "libopus", "ogg": "libvorbis"}


@pytest.fixture(scope="module", params=list(OPENERS))
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("damage") / f"source.{request.param}"
    return encode(target, "-c:a", CODECS[request.param], "-b:a", "64k", samples=120_000)


def answer(path: Path) -> Copier | None:
    """None if it is declined."""
    try:
        return OPENERS[path.suffix[1:]](path)
    except (NotCopyable, CorruptFile):
        return None


def is_whole(path: Path) -> bool:
    copier = answer(path)
    return bool(copier and copier.integrity.resyncs == 0 and not copier.integrity.is_truncated)


def flip(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def drop(data: bytes, rng: random.Random) -> bytes:
    at, count = rng.randrange(len(data)), rng.randrange(1, 3000)
    return data[:at] + data[at + count :]


def double(data: bytes, rng: random.Random) -> bytes:
    at, count = rng.randrange(len(data)), rng.randrange(1, 3000)
    return data[: at + count] + data[at:]


def truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


@pytest.mark.parametrize("damage", [flip, drop, double, truncate])
def test_no_damage_goes_unseen(
    source: Path, tmp_path: Path, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    """Of a source, and likewise of a segment that was written."""
    copier = OPENERS[source.suffix[1:]](source)
    segment = write(copier, copier.snap(30_000), copier.snap(90_000) - copier.snap(30_000), tmp_path / "a")
    path, rng = tmp_path / f"mutant{source.suffix}", random.Random(7)
    for whole in (source.read_bytes(), segment.read_bytes()):
        for _ in range(100):
            path.write_bytes(damage(whole, rng))
            is_only_surrounded = whole in path.read_bytes()
            assert is_only_surrounded or not is_whole(path)
        path.write_bytes(whole)
        assert is_whole(path)


def forged(pages: list[RawPage], rng: random.Random) -> list[RawPage]:
    """Lies under a right checksum."""
    number = rng.randrange(len(pages))
    page = pages[number]
    body = bytearray(page.body or b"?")
    for _ in range(rng.randrange(1, 4)):
        body[rng.randrange(min(len(body), 80))] = rng.choice((0, 1, 3, 255, rng.randrange(256)))
    extremes = (-1, 0, 1, -(2**63), 2**63 - 1, rng.randrange(2**20))
    lie = rng.choice(
        (
            replace(page, body=bytes(body[: len(page.body)])),
            replace(page, granule=rng.choice(extremes)),
            replace(page, flags=rng.randrange(256)),
            replace(page, sequence=rng.randrange(2**32)),
            replace(page, serial=rng.randrange(2**32)),
            replace(page, lacing=b"", body=b""),
            replace(page, lacing=bytes(len(page.lacing)), body=b""),
            replace(page, lacing=b"\xff" * len(page.lacing), body=bytes(255 * len(page.lacing))),
        )
    )
    return [*pages[:number], lie, *pages[number + 1 :]]


def test_forged_pages_end_in_an_answer_and_whole_segments(source: Path, tmp_path: Path) -> None:
    pages, rng = pages_of(source.read_bytes()), random.Random(11)
    path = tmp_path / f"mutant{source.suffix}"
    opened = 0
    for _ in range(300):
        save(forged(forged(pages, rng), rng) if rng.random() < 0.5 else forged(pages, rng), path)
        copier = answer(path)
        if copier is None:
            continue
        opened += 1
        first, stop = copier.snap(copier.sample_count // 3), copier.sample_count
        if first < stop:
            segment = write(copier, first, stop - first, tmp_path / f"segment{source.suffix}")
            again = answer(segment)
            assert again is None or again.sample_count == stop - first
            assert copier.fit(first, segment.stat().st_size) == stop - first
    assert 20 < opened < 280


def test_random_bytes_are_no_recording(source: Path, tmp_path: Path) -> None:
    path, rng = tmp_path / f"random{source.suffix}", random.Random(13)
    for size in (0, 1, 27, 28, 1000, 100_000):
        path.write_bytes(rng.randbytes(size))
        with pytest.raises(CorruptFile):
            OPENERS[source.suffix[1:]](path)
