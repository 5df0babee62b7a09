"""Draws a recording: its waveform in the colours of its segments, its pauses, and where and why it is cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from zerokerf.cli.local.plot_text import Anchor, Pen
from zerokerf.cli.local.plot_time import clock, tick_s

WIDTH, HEIGHT = 1800, 560
#: Everything is drawn larger and made smaller at the end, which smooths its edges.
SCALE = 2

_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 1760, 150, 430
COLUMNS = (_RIGHT - _LEFT) * SCALE

#: More would hide what they cut: they only touch its edge.
_MOST_LINES = 250

BACKGROUND = (16, 20, 31)
_FIELD = (22, 28, 43)
_PAUSE = (58, 68, 98)
_SEGMENTS = ((56, 198, 187), (124, 140, 255))
CUT = (255, 179, 71)
_STRONG, _WEAK, _LINE = (236, 240, 250), (142, 152, 178), (44, 54, 80)

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment. `cut` says in a few words why it ends where it does."""

    first_sample: int
    title: str
    cut: str


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What there is to see. Curves hold one value a column, 1 is full scale; `quiet` is a share of it."""

    heading: str
    facts: str
    sample_count: int
    sample_rate: int
    lows: Curve
    highs: Curve
    loudness: Curve
    quiet: Curve
    pieces: Sequence[Piece]

    @cached_property
    def gain(self) -> float:
        """Quiet recordings are shown as large as loud ones."""
        loudest = max(float(self.highs.max()), float(-self.lows.min()), 1e-3)
        return 0.94 / loudest

    def x_of(self, sample: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * sample / self.sample_count


def draw_png(drawing: Drawing) -> bytes:
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), BACKGROUND)
    pen = Pen(ImageDraw.Draw(image), SCALE)
    _draw_field(image, drawing)
    _draw_waveform(image, drawing)
    _draw_cuts(pen, drawing)
    _draw_titles(pen, drawing)
    _draw_axis(pen, drawing)
    _draw_words(pen, drawing)
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    file = BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw_field(image: Image.Image, drawing: Drawing) -> None:
    """Where it pauses, the lighter the more of a column is quiet."""
    share = np.sqrt(np.clip(drawing.quiet, 0, 1))[None, :, None]
    colours = np.array(_FIELD) * (1 - share) + np.array(_PAUSE) * share
    strip = Image.fromarray(colours.astype(np.uint8), "RGB")
    size = COLUMNS, (_BOTTOM - _TOP) * SCALE
    image.paste(strip.resize(size, Image.Resampling.NEAREST), (_LEFT * SCALE, _TOP * SCALE))


def _draw_waveform(image: Image.Image, drawing: Drawing) -> None:
    """Extremes lightly, loudness strongly, in a colour for each segment."""
    colours = Image.new("RGB", image.size, _FIELD)
    pen = ImageDraw.Draw(colours)
    edges = [*(drawing.x_of(piece.first_sample) * SCALE for piece in drawing.pieces), _RIGHT * SCALE]
    for number, (x, end) in enumerate(pairwise(edges)):
        pen.rectangle((x, _TOP * SCALE, end, _BOTTOM * SCALE), fill=_SEGMENTS[number % 2])
    mask = Image.new("L", image.size, 0)
    shape = ImageDraw.Draw(mask)
    gain = drawing.gain
    shape.polygon(_outline(drawing.lows * gain, drawing.highs * gain), fill=115)
    shape.polygon(_outline(-drawing.loudness * gain, drawing.loudness * gain), fill=255)
    image.paste(colours, (0, 0), mask)


def _outline(lows: Curve, highs: Curve) -> list[tuple[float, float]]:
    """There along the upper edge, back along the lower one, at least a line thick."""
    middle, half = (_TOP + _BOTTOM) / 2 * SCALE, (_BOTTOM - _TOP) / 2 * SCALE
    xs = (_LEFT + (_RIGHT - _LEFT) * (np.arange(len(lows)) + 0.5) / len(lows)) * SCALE
    upper = middle - np.maximum(highs * half, 1)
    lower = middle - np.minimum(lows * half, -1)
    there = np.column_stack([xs, upper])
    back = np.column_stack([xs, lower])[::-1]
    return [(float(x), float(y)) for x, y in np.concatenate([there, back])]


def _draw_cuts(pen: Pen, drawing: Drawing) -> None:
    """A line at each, and below as many of the reasons as there is room for."""
    is_dense = len(drawing.pieces) > _MOST_LINES
    free_from = 0.0
    for piece, following in pairwise(drawing.pieces):
        x = drawing.x_of(following.first_sample)
        pen.line(x, _TOP - 8, x, _TOP if is_dense else _BOTTOM + 6, CUT, 1.5)
        if is_dense:
            continue
        width = pen.width(piece.cut, 13)
        if x - width / 2 > free_from and x + width / 2 < WIDTH:
            pen.text(x, _BOTTOM + 12, piece.cut, 13, CUT, Anchor.CENTER)
            free_from = x + width / 2 + 12


def _draw_titles(pen: Pen, drawing: Drawing) -> None:
    """Over each segment its number and as much of its title as there is room for."""
    ends = [piece.first_sample for piece in drawing.pieces[1:]] + [drawing.sample_count]
    for number, (piece, end) in enumerate(zip(drawing.pieces, ends, strict=True), 1):
        x = drawing.x_of(piece.first_sample) + 5
        room = drawing.x_of(end) - x - 5
        colour = _SEGMENTS[(number - 1) % 2]
        width = pen.width(f"{number}  ", 16)
        if width <= room:
            pen.text(x, _TOP - 30, str(number), 16, colour)
            pen.text(x + width, _TOP - 30, pen.shortened(piece.title, 16, room - width), 16, colour)


def _draw_axis(pen: Pen, drawing: Drawing) -> None:
    length_s = drawing.sample_count / drawing.sample_rate
    step_s = tick_s(length_s, most=14)
    pen.line(_LEFT, _BOTTOM + 44, _RIGHT, _BOTTOM + 44, _LINE, 1)
    for tick in range(int(length_s / step_s + 1e-9) + 1):
        x = drawing.x_of(round(tick * step_s * drawing.sample_rate))
        pen.line(x, _BOTTOM + 44, x, _BOTTOM + 51, _WEAK, 1)
        pen.text(x, _BOTTOM + 56, clock(tick * step_s), 14, _WEAK, Anchor.CENTER)


def _draw_words(pen: Pen, drawing: Drawing) -> None:
    pen.text(_LEFT, 28, pen.shortened(drawing.heading, 30, _RIGHT - _LEFT), 30, _STRONG)
    pen.text(_LEFT, 70, drawing.facts, 17, _WEAK)
    y = HEIGHT - 34
    pen.box(_LEFT, y + 2, _LEFT + 14, y + 16, _PAUSE)
    pen.text(_LEFT + 22, y, "pause", 14, _WEAK)
    pen.line(_LEFT + 92, y, _LEFT + 92, y + 18, CUT, 2)
    pen.text(_LEFT + 102, y, "cut", 14, _WEAK)
