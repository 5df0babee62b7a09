"""`zerokerf cut --plot` draws the recording, its pauses and its cuts where they are."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.local import cut, names_in, zerokerf
from tests.corpus.recordings import RATE, ffmpeg, music, write_wav
from zerokerf.cli.local.plot import BACKGROUND, CUT, HEIGHT, WIDTH, Drawing, Piece, draw_png
from zerokerf.cli.local.plot_time import clock, tick_s

LEFT, RIGHT, TOP, BOTTOM = 40, 1760, 150, 430


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    samples = music(RATE * 8)
    samples[RATE * 3 : RATE * 5] = 0
    write_wav(tmp_path / "talk.wav", samples)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pixels(png: bytes | Path) -> np.ndarray:
    image = Image.open(BytesIO(png) if isinstance(png, bytes) else png)
    assert (image.format, image.size, image.mode) == ("PNG", (WIDTH, HEIGHT), "RGB")
    return np.asarray(image).astype(int)


def column(time_s: float, length_s: float = 8) -> int:
    return round(LEFT + (RIGHT - LEFT) * time_s / length_s)


def is_cut(picture: np.ndarray, x: int) -> bool:
    """Whether a line in the colour of cuts goes through the whole field near this column."""
    near = picture[TOP:BOTTOM, x - 2 : x + 3]
    distance = np.abs(near - np.array(CUT)).sum(axis=2).min(axis=1)
    return bool((distance < 90).all())


@pytest.mark.parametrize("name", ["talk.wav", "talk.mp3", "talk.opus"])
@pytest.mark.parametrize("extra", [["--plan"], ["-o", "out"]], ids=["plan", "cut"])
def test_lines_stand_where_the_cuts_are_and_nowhere_else(folder: Path, name: str, extra: list[str]) -> None:
    if name != "talk.wav":
        ffmpeg("-i", "talk.wav", name)

    ran = zerokerf("cut", name, "--at", "2,6.5", "--plot", "cuts.png", *extra)

    assert ran.code == 0, ran.err
    picture = pixels(folder / "cuts.png")
    assert [time_s for time_s in np.arange(0.5, 8, 0.5) if is_cut(picture, column(time_s))] == [2, 6.5]


def test_pauses_are_shaded_and_sound_is_drawn_with_both_its_sides(folder: Path) -> None:
    zerokerf("cut", "talk.wav", "--parts", "1", "--plan", "--plot", "cuts.png")

    picture = pixels(folder / "cuts.png")
    above = picture[TOP + 4]
    pause, sound = above[column(4)], above[column(1)]
    assert pause.sum() > sound.sum() + 60
    middle = (TOP + BOTTOM) // 2
    for place in (middle - 40, middle + 40):
        assert np.abs(picture[place, column(1)] - sound).sum() > 60, "no waveform"
        assert np.abs(picture[place, column(4)] - pause).sum() < 30, "sound in a pause"


def test_segments_take_turns_in_colour(folder: Path) -> None:
    cut("talk.wav", "--parts", "2", "--plot", "cuts.png")

    picture = pixels(folder / "cuts.png")
    first, second = picture[(TOP + BOTTOM) // 2, [column(2), column(6)]]
    assert np.abs(first - second).sum() > 60


@pytest.mark.parametrize("samples", [800, 4410])
def test_the_shortest_recordings_are_drawn(folder: Path, samples: int) -> None:
    write_wav(folder / "short.wav", music(samples, rate=8000), 8000)

    assert zerokerf("cut", "short.wav", "--parts", "1", "--plan", "--plot", "cuts.png").code == 0

    pixels(folder / "cuts.png")


def test_a_refused_recording_gives_no_picture(folder: Path) -> None:
    zerokerf("cut", "talk.wav", "--every", "10m", "--plot", "cuts.png")

    assert names_in(folder) == ["talk.wav"]


def drawing(pieces: list[Piece]) -> Drawing:
    curve = np.linspace(0, 0.5, 100)
    return Drawing(
        heading="Größe 中文 " * 40,
        facts="facts",
        sample_count=100_000,
        sample_rate=1000,
        lows=-curve,
        highs=curve,
        loudness=curve / 2,
        quiet=curve,
        pieces=pieces,
    )


@pytest.mark.parametrize("count", [1, 2, 300, 10_000])
def test_any_number_of_segments_with_any_titles_is_drawn(count: int) -> None:
    titles = ("", "A long title of many words that will not fit", "Größe", "中文", "\u202e" * 9)
    pieces = [
        Piece(index * 100_000 // count, titles[index % len(titles)], "silence") for index in range(count)
    ]

    picture = pixels(draw_png(drawing(pieces)))

    assert (picture[:20] == np.array(BACKGROUND)).all(), "something runs over the edge"
    assert (picture[:, :10] == np.array(BACKGROUND)).all()


def test_a_silent_recording_is_a_line() -> None:
    silence = np.zeros(100)
    sound = drawing([Piece(0, "", "end")])

    picture = pixels(draw_png(replace(sound, lows=silence, highs=silence, loudness=silence, quiet=silence)))

    field = picture[TOP:BOTTOM, LEFT + 20 : RIGHT - 20]
    is_drawn = (field != field[0, 0]).any(axis=2)
    rows = np.flatnonzero(is_drawn.any(axis=1))
    middle = (BOTTOM - TOP) // 2
    assert set(rows) <= set(range(middle - 2, middle + 3)), "more than a line"
    assert is_drawn[rows].any(axis=0).all(), "a line with gaps"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (0.25, "0:00.25"),
        (59.9996, "1:00"),
        (754, "12:34"),
        (3600, "1:00:00"),
        (36_061.5, "10:01:01.5"),
    ],
)
def test_times_are_written_as_people_do(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize("length_s", [0.01, 1, 59, 3600, 36_000, 360_000])
def test_an_axis_has_a_few_round_marks(length_s: float) -> None:
    assert 3 <= length_s / tick_s(length_s, most=14) <= 14
