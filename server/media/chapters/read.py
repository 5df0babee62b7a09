"""Reads the chapters that a file names, in the process that opens strangers' files."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.media.chapters.cue import FRAMES_PER_S, parse_cue
from server.media.facts import MediaLimits
from server.media.probing.prober import Prober
from zerokerf.errors import CorruptFile, InvalidCueSheet, TooManyChapters
from zerokerf.template import clean

MAX_CHAPTERS = 10_000
_NANOS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Chapter:
    """As the file states it: nothing says that chapters rise, touch, or end before the file does."""

    start_ns: int
    end_ns: int
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChapters:
    """`notes` are sentences about what could not be read."""

    chapters: tuple[Chapter, ...] = ()
    notes: tuple[str, ...] = ()


async def find_chapters(path: Path, demuxer: str, limits: MediaLimits, prober: Prober) -> FoundChapters:
    """Chapters that can't be read are no reason to fail: there are none then, and a note says so."""
    try:
        return FoundChapters(chapters=await read_chapters(path, demuxer, limits, prober))
    except TooManyChapters as error:
        return FoundChapters(notes=(f"{error.sentence} None of them is kept.",))
    except CorruptFile:
        return FoundChapters(notes=("The chapters of the source could not be read.",))


async def read_chapters(path: Path, demuxer: str, limits: MediaLimits, prober: Prober) -> tuple[Chapter, ...]:
    """All chapters, in the file's order; without any, the tracks of a cue sheet in it that can be read.

    Raises TooManyChapters above MAX_CHAPTERS, and CorruptFile if the file cannot be opened.
    """
    answer = await prober.ask(_request(path, demuxer, limits), limits.probe_wall_s + 5)
    if answer.get("problem") == "too_many_chapters":
        raise TooManyChapters(MAX_CHAPTERS)
    if answer.get("problem") is not None:
        raise CorruptFile("its chapters cannot be read.")
    if answer.get("is_sheet"):
        return await asyncio.to_thread(_tracks, "".join(text for (text,) in answer["parts"]))
    return await asyncio.to_thread(_chapters, answer["parts"])


def _request(path: Path, demuxer: str, limits: MediaLimits) -> dict[str, Any]:
    return {
        "path": str(path.absolute()),
        "demuxer": demuxer,
        "wall_s": limits.probe_wall_s,
        "cpu_s": limits.probe_cpu_s,
        "memory_bytes": limits.memory_bytes,
        "max_chapters": MAX_CHAPTERS,
    }


def _chapters(found: list[list[Any]]) -> tuple[Chapter, ...]:
    return tuple(Chapter(max(0, start), max(0, end), clean(title)) for start, end, title in found)


def _tracks(sheet: str) -> tuple[Chapter, ...]:
    try:
        tracks = parse_cue(sheet)
    except InvalidCueSheet:
        return ()
    starts = [track.start_frames * _NANOS // FRAMES_PER_S for track in tracks]
    return tuple(Chapter(start, start, track.title) for start, track in zip(starts, tracks, strict=True))
