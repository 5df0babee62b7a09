"""Files that were made to harm: whatever their boxes say, they end declined, corrupt or cut."""

import random
import resource
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.media.copying.copier import NotCopyable
from server.media.copying.mp4.cut import open_m4a
from tests.media.copying.m4a_tools import AAC, RATE, Node, encode, remade
from zerokerf.errors import CorruptFile

MUTANTS = 400
EXTREMES = (0, 1, 7, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 8_000_000)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("mp4") / "source.m4a", RATE, 2, AAC, samples=20_000)


def try_to_cut(path: Path, folder: Path) -> bool:
    """Whether it could be opened. Every use of it is one of those it may end in."""
    try:
        copier = open_m4a(path)
    except (NotCopyable, CorruptFile):
        return False
    count = copier.sample_count
    for first, length in ((0, count), (count // 2, count - count // 2), (0, copier.fit(0, 3_000))):
        if length:
            copier.write(first, length, folder / "segment.m4a")
            assert (folder / "segment.m4a").stat().st_size == copier.size_bytes(first, length)
    return True


def mutants(data: bytes) -> Iterator[bytes]:
    """The index is changed in one to three places, rarely the rest; sometimes the end is lost."""
    rng = random.Random(20260329)
    index = data.index(b"moov") - 4
    for _ in range(MUTANTS):
        mutant = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(index if rng.random() < 0.95 else 0, len(data) - 8)
            if rng.random() < 0.5:
                mutant[at] ^= 1 << rng.randrange(8)
            else:
                mutant[at : at + 4] = struct.pack(">I", rng.choice(EXTREMES))
        yield bytes(mutant[: rng.randrange(len(data))] if rng.random() < 0.05 else mutant)


def test_a_mutant_is_cut_or_declined_and_never_anything_else(source: Path, tmp_path: Path) -> None:
    opened = 0
    for mutant in mutants(source.read_bytes()):
        (tmp_path / "mutant.m4a").write_bytes(mutant)
        opened += try_to_cut(tmp_path / "mutant.m4a", tmp_path)

    assert MUTANTS // 10 < opened < MUTANTS  # so both ways were taken


def test_noise_is_corrupt(tmp_path: Path) -> None:
    for seed in range(200):
        (tmp_path / "noise.m4a").write_bytes(random.Random(seed).randbytes(500))

        assert not try_to_cut(tmp_path / "noise.m4a", tmp_path)


def many_children(name: str, count: int) -> Callable[[Node], object]:
    def change(moov: Node) -> None:
        moov.children += [Node(name.encode(), b"") for _ in range(count)]

    return change


def deep(moov: Node) -> None:
    node = Node(b"meta", bytes(4))
    for _ in range(5_000):
        node = Node(b"free", node.dump()) if len(node.body) < 60_000 else node
    moov.children.append(Node(b"udta", node.dump()))


def overlapping(moov: Node) -> None:
    """Each packet claims the whole file."""
    table = moov["trak/mdia/minf/stbl/stsz"]
    count = (len(table.body) - 12) // 4
    table.body = table.body[:12] + struct.pack(">I", 4_000) * count
    chunks = struct.pack(">4xI", count) + struct.pack(">I", 40) * count
    moov["trak/mdia/minf/stbl/stco"].body = chunks
    moov["trak/mdia/minf/stbl/stsc"].body = struct.pack(">4xIIII", 1, 1, 1, 1)


@pytest.mark.parametrize(
    "change",
    [many_children("trak", 300), many_children("free", 20_000), overlapping],
    ids=["traks", "boxes", "bomb"],
)
def test_a_bomb_is_declined(change: Callable[[Node], object], source: Path, tmp_path: Path) -> None:
    path = remade(source, tmp_path / "bomb.m4a", change)

    with pytest.raises(NotCopyable, match="damaged"):
        open_m4a(path)


def test_boxes_inside_of_each_other_without_end_are_not_followed(source: Path, tmp_path: Path) -> None:
    assert try_to_cut(remade(source, tmp_path / "deep.m4a", deep), tmp_path)


def forged_counts(moov: Node) -> None:
    """Eight million packets of one byte each, in tables of a hundred bytes."""
    stbl = moov["trak/mdia/minf/stbl"]
    stbl["stsz"].body = struct.pack(">4xII", 1, 8_000_000)
    stbl["stts"].body = struct.pack(">4xIII", 1, 8_000_000, 1024)
    stbl["stsc"].body = struct.pack(">4xIIII", 1, 1, 8_000_000, 1)


def test_forged_counts_do_not_take_memory(source: Path, tmp_path: Path) -> None:
    path = remade(source, tmp_path / "forged.m4a", forged_counts)
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(NotCopyable, match="damaged"):
        open_m4a(path)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 16 << 10
