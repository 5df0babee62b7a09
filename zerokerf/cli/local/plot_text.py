"""Lines and words in a picture, in its final measures, whatever scale it is drawn in."""

import unicodedata
from contextlib import suppress
from enum import StrEnum

from PIL import ImageDraw, ImageFont

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

#: For letters that the font which comes along has not; looked for where systems keep theirs.
_WIDER_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf")
_LEAST_LETTERS = 4


class Anchor(StrEnum):
    """Where a text is held, by its upper edge."""

    LEFT = "la"
    CENTER = "ma"


class Pen:
    def __init__(self, image: ImageDraw.ImageDraw, scale: int) -> None:
        self._image = image
        self._scale = scale
        self._fonts: dict[tuple[int, bool], Font | None] = {}

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: Colour, width: float) -> None:
        ends = [value * self._scale for value in (x1, y1, x2, y2)]
        self._image.line(ends, fill=colour, width=round(width * self._scale))

    def box(self, x1: float, y1: float, x2: float, y2: float, colour: Colour) -> None:
        self._image.rectangle([value * self._scale for value in (x1, y1, x2, y2)], fill=colour)

    def text(
        self, x: float, y: float, text: str, size: int, colour: Colour, anchor: Anchor = Anchor.LEFT
    ) -> None:
        shown, font = self._as_shown(text, size)
        self._image.text((x * self._scale, y * self._scale), shown, fill=colour, font=font, anchor=anchor)

    def width(self, text: str, size: int) -> float:
        shown, font = self._as_shown(text, size)
        return self._image.textlength(shown, font=font) / self._scale

    def shortened(self, text: str, size: int, room: float) -> str:
        """As much of it as fits; nothing if that would be no more than a few letters."""
        if self.width(text, size) <= room:
            return text
        fitting = text[: max(0, int(room))]  # no letter is narrower than a pixel
        while fitting and self.width(f"{fitting}...", size) > room:
            fitting = fitting[:-1]
        fitting = fitting.rstrip()
        return f"{fitting}..." if len(fitting) >= _LEAST_LETTERS else ""

    def _as_shown(self, text: str, size: int) -> tuple[str, Font]:
        """As far as there is a font for it."""
        wider = None if text.isascii() else self._font(size, is_wider=True)
        if wider is not None:
            return text, wider
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        return plain, self._font(size, is_wider=False) or ImageFont.load_default()

    def _font(self, size: int, *, is_wider: bool) -> Font | None:
        kind = size, is_wider
        if kind not in self._fonts:
            scaled = size * self._scale
            self._fonts[kind] = _wider_font(scaled) if is_wider else ImageFont.load_default(scaled)
        return self._fonts[kind]


def _wider_font(size: int) -> Font | None:
    for name in _WIDER_FONTS:
        with suppress(OSError):
            return ImageFont.truetype(name, size)
    return None
