"""Listens to a recording once more and draws it with its cuts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from server.media.cutter import Making, Tools
from server.media.facts import SourceFacts
from server.media.plan.cuts import Cut, SilenceMode
from server.media.plan.time import NANOS
from server.media.recipe import Recipe
from server.media.silence.pauses import Pauses
from server.media.waveform import Waveform, read_waveform
from zerokerf.cli.local.plot import COLUMNS, Curve, Drawing, Piece, draw_png
from zerokerf.cli.local.view import WorkView
from zerokerf.cli.quantities import format_duration
from zerokerf.cli.terminal import printable
from zerokerf.durations import milliseconds

_SHOWN_PAUSE_NS = NANOS // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CutRecording:
    """What is known of a recording that was cut, or will be."""

    source: Path
    recipe: Recipe
    facts: SourceFacts
    making: Making
    cuts: Sequence[Cut]


async def draw(cut: CutRecording, folder: Path, tools: Tools, view: WorkView) -> bytes:
    """A PNG file. The recording is decoded once for it."""
    total = cut.making.sample_count
    waveform = await read_waveform(
        cut.source,
        cut.facts,
        total,
        COLUMNS,
        folder,
        tools.decoder,
        tools.limits,
        lambda samples: view.moved("drawing", samples, total, ""),
    )
    return await asyncio.to_thread(draw_png, _drawing(cut, waveform))


def _drawing(cut: CutRecording, waveform: Waveform) -> Drawing:
    making = cut.making
    return Drawing(
        heading=printable(cut.source.name),
        facts=_facts(cut),
        sample_count=making.sample_count,
        sample_rate=making.sample_rate,
        lows=waveform.lows,
        highs=waveform.highs,
        loudness=waveform.loudness,
        quiet=_quiet(waveform.pauses, _least_pause_ns(cut.recipe), making.sample_count, len(waveform.lows)),
        pieces=[_piece(each, making.sample_rate) for each in cut.cuts],
    )


def _facts(cut: CutRecording) -> str:
    making, facts = cut.making, cut.facts
    length = format_duration(timedelta(milliseconds=milliseconds(making.sample_count, making.sample_rate)))
    shape = f"{facts.format}, {making.sample_rate} Hz, {making.channels} {_noun(making.channels, 'channel')}"
    count = len(cut.cuts)
    return f"{length}   {shape}   {count} {_noun(count, 'segment')} of {making.format}"


def _noun(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def _piece(cut: Cut, sample_rate: int) -> Piece:
    shift = f" {cut.shifted_samples / sample_rate:+.2f} s" if cut.shifted_samples else ""
    return Piece(cut.first_sample, printable(cut.title or ""), f"{cut.reason}{shift}")


def _least_pause_ns(recipe: Recipe) -> int:
    """Those that were looked for; otherwise those that anyone would call one."""
    if isinstance(recipe.mode, SilenceMode):
        return recipe.mode.min_silence_ns
    return 0 if recipe.options.snap_window_ns is not None else _SHOWN_PAUSE_NS


def _quiet(pauses: Pauses, least_ns: int, sample_count: int, columns: int) -> Curve:
    """The share of each column that lies in pauses."""
    is_long = (pauses.ends - pauses.firsts) * NANOS >= least_ns * pauses.sample_rate
    firsts, ends = pauses.firsts[is_long], pauses.ends[is_long]
    quiet_before = np.concatenate([[0], np.cumsum(ends - firsts)])
    bounds = np.arange(columns + 1) * sample_count // columns
    begun = np.searchsorted(firsts, bounds, "right")
    not_yet = np.maximum(np.concatenate([[0], ends])[begun] - bounds, 0)
    share: Curve = np.diff(quiet_before[begun] - not_yet) / np.diff(bounds)
    return share
