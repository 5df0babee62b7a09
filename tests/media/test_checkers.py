"""What other people's checkers say of segments: programs made to find fault with files of one format.

Two warnings are accepted: that a FLAC file does not state the sum of its samples, which the format allows,
and that an MP3 file has no tags.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from server.media.cutter import Tools
from server.media.plan.cuts import DurationMode
from server.media.recipe import Recipe
from server.media.splitting import split
from server.media.tags.names import TagPolicy
from tests.media.conftest import Room
from tests.media.test_splitting import Shelf
from zerokerf.formats import Format
from zerokerf.template import Template

pytestmark = pytest.mark.asyncio(loop_scope="session")


def flac(path: Path) -> None:
    """Decodes all of it and checks every frame."""
    complaints = run("flac", "--test", "--silent", str(path)).splitlines()
    assert [line for line in complaints if line and "cannot check MD5 signature" not in line] == []


def opusinfo(path: Path) -> None:
    assert "WARNING" not in (said := run("opusinfo", str(path))), said


def ogginfo(path: Path) -> None:
    assert "WARNING" not in (said := run("ogginfo", str(path))), said


def oggz(path: Path) -> None:
    run("oggz-validate", str(path))


def mp3val(path: Path) -> None:
    said = run("mp3val", str(path))
    complaints = [line for line in said.splitlines() if line.startswith(("WARNING", "ERROR"))]
    assert [line for line in complaints if "No supported tags" not in line] == [], said


def mpg123(path: Path) -> None:
    said = run("mpg123", "--test", "--quiet", str(path))
    assert said == ""


def faad(path: Path) -> None:
    said = run("faad", "-o", str(path.with_suffix(".decoded.wav")), str(path))
    assert "Error" not in said, said


CHECKS: list[tuple[str, Format | None, Callable[[Path], None]]] = [
    ("16bit.flac", None, flac),
    ("16bit.wav", Format.FLAC, flac),
    ("celt.opus", None, opusinfo),
    ("16bit.wav", Format.OPUS, opusinfo),
    ("celt.opus", None, oggz),
    ("16bit.wav", Format.OPUS, oggz),
    ("vorbis.ogg", None, ogginfo),
    ("16bit.wav", Format.OGG, ogginfo),
    ("vorbis.ogg", None, oggz),
    ("cbr.mp3", None, mp3val),
    ("vbr.mp3", None, mp3val),
    ("16bit.wav", Format.MP3, mp3val),
    ("cbr.mp3", None, mpg123),
    ("vbr.mp3", None, mpg123),
    ("16bit.wav", Format.MP3, mpg123),
    ("adts.aac", None, faad),
    ("aac.m4a", None, faad),
    ("16bit.wav", Format.AAC, faad),
    ("16bit.wav", Format.M4A, faad),
]


@pytest.mark.parametrize("is_tagged", [False, True], ids=["bare", "tagged"])
@pytest.mark.parametrize(
    ("name", "target", "check"), CHECKS, ids=lambda each: getattr(each, "__name__", str(each))
)
async def test_checkers_find_no_fault_with_segments(
    room: Room,
    sources: Path,
    name: str,
    target: Format | None,
    check: Callable[[Path], None],
    is_tagged: bool,
) -> None:
    recipe = Recipe(
        mode=DurationMode(731_000_000),
        format=target,
        tag_policy=TagPolicy.TEMPLATE if is_tagged else TagPolicy.NONE,
        title=Template("Part {n} of {count}") if is_tagged else None,
    )
    shelf = Shelf()

    await split(sources / name, recipe, room.folder, Tools(room.decoder, room.prober, room.limits, 2), shelf)

    assert len(shelf.kept) >= 4
    for segment in shelf.kept.values():
        check(segment.file.path)


def run(program: str, *arguments: str) -> str:
    """What it printed. A program that is not installed is no reason to fail on a laptop."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed; 'make checkers' installs it on Debian")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
