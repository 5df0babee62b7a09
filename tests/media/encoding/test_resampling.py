"""Segments at another rate are as long as they must be, and in a row they are the resampled whole."""

from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from server.media.encoding.cut import cut_by_plan
from server.media.encoding.options import EncodePlan, place, plan_encode
from server.media.pcm import Pcm, SampleFormat
from server.media.plan.cuts import Cut, cuts_between
from server.media.segment import CutSegment
from server.media.verify import verify_segment
from tests.media.conftest import Room
from tests.media.corpus import RATE, speech_like
from tests.media.encoding.test_encode import pcm_of
from zerokerf.encoding import Encoding
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

RATES = [
    (44_100, 48_000),
    (48_000, 44_100),
    (44_100, 16_000),
    (96_000, 44_100),
    (22_050, 44_100),
    (44_101, 48_000),  # nothing in common: samples fall together once a second
    (192_000, 8_000),
]


async def cut(room: Room, pcm: Pcm, plan: EncodePlan, cuts: Sequence[Cut]) -> list[CutSegment]:
    segments = []
    async for segment in cut_by_plan(pcm, cuts, plan, room.folder, room.decoder, 2):
        await verify_segment(segment, plan, pcm, room.decoder)
        segments.append(segment)
    return segments


def joined(segments: Sequence[CutSegment]) -> np.ndarray:
    return np.concatenate([soundfile.read(segment.path, dtype="int32")[0] for segment in segments])


@pytest.mark.parametrize(("rate", "wished"), RATES)
async def test_segments_in_a_row_are_the_resampled_whole(rate: int, wished: int, room: Room) -> None:
    pcm = pcm_of(room.folder, speech_like(5 * rate // 2, rate), rate, SampleFormat.S24)
    plan = plan_encode(pcm, Format.WAV, encoding=Encoding(sample_rate=wished))
    places = [0, 1, 997, rate // 3, rate + 1, 2 * rate - 5, pcm.sample_count]

    whole = joined(await cut(room, pcm, plan, cuts_between([0, pcm.sample_count], "time")))
    parts = joined(await cut(room, pcm, plan, cuts_between(places, "time")))

    assert len(whole) == round(Fraction(pcm.sample_count * wished, rate))
    assert np.array_equal(parts, whole)
    assert plan.notes == (f"{rate} Hz were resampled to {wished} Hz, as asked.",)


@pytest.mark.parametrize("target", list(Format))
async def test_every_format_is_exactly_as_long_as_its_share(target: Format, room: Room) -> None:
    wished = 48_000 if target is Format.OPUS else 32_000
    pcm = pcm_of(room.folder, speech_like(70_001))
    plan = plan_encode(pcm, target, encoding=Encoding(sample_rate=wished))
    places = [0, 10_007, 10_453, 40_000, 70_001]

    segments = await cut(room, pcm, plan, cuts_between(places, "time"))

    ends = [place(plan, pcm, sample) for sample in places]
    assert ends[-1] == round(70_001 * wished / RATE)
    assert [segment.output_samples for segment in segments] == np.diff(ends).tolist()
    assert sum(segment.sample_count for segment in segments) == 70_001
    for segment in segments:
        with av.open(str(segment.path)) as container:
            assert container.streams.audio[0].rate == wished
        if target not in (Format.AAC, Format.M4A):  # libsndfile reads neither
            assert soundfile.info(segment.path).frames == segment.output_samples


async def test_there_and_back_again_is_where_it_was(room: Room) -> None:
    """A delay or a drift of the resampler would show as a difference."""
    source = speech_like(2 * RATE, channels=1)
    smooth = np.convolve(source[:, 0], np.hanning(9) / np.hanning(9).sum(), mode="same")[:, None]
    there = pcm_of(room.folder, smooth, kind=SampleFormat.F32)
    to_48 = plan_encode(there, Format.WAV, encoding=Encoding(sample_rate=48_000))
    [segment] = await cut(room, there, to_48, cuts_between([0, there.sample_count], "time"))

    back = pcm_of(room.folder, soundfile.read(segment.path)[0][:, None], 48_000, SampleFormat.F32)
    to_44 = plan_encode(back, Format.WAV, encoding=Encoding(sample_rate=RATE))
    [returned] = await cut(room, back, to_44, cuts_between([0, back.sample_count], "time"))

    found = soundfile.read(returned.path)[0]
    assert len(found) == there.sample_count
    middle = slice(1000, -1000)
    error = found[middle] - smooth[middle, 0]
    assert 20 * np.log10(error.std() / smooth.std()) < -60


@pytest.mark.parametrize("target", [Format.WAV, Format.FLAC])
async def test_sixteen_bit_are_dithered_and_it_is_said(target: Format, room: Room) -> None:
    pcm = pcm_of(room.folder, speech_like(RATE))
    plan = plan_encode(pcm, target, encoding=Encoding(sample_rate=48_000))
    exact = plan_encode(pcm, target, encoding=Encoding(sample_rate=48_000, bit_depth=24))

    [coarse] = await cut(room, pcm, plan, cuts_between([0, RATE], "time"))
    rough = soundfile.read(coarse.path)[0]
    [fine] = await cut(room, pcm, exact, cuts_between([0, RATE], "time"))

    error = (rough - soundfile.read(fine.path)[0]) * 32768
    assert np.abs(error).max() <= 2
    assert error.std() == pytest.approx(
        0.5, abs=0.1
    )  # of a step: rounding alone makes 0.29, truncating a mean
    assert abs(error.mean()) < 0.05
    assert plan.notes[-1] == "The new samples were rounded to 16 bit with dither."
    assert exact.notes == ("44100 Hz were resampled to 48000 Hz, as asked.",)


async def test_what_would_fold_back_is_gone(room: Room) -> None:
    seconds = np.arange(96_000) / 96_000
    high = 0.5 * np.sin(2 * np.pi * 25_000 * seconds)[:, None]
    pcm = pcm_of(room.folder, high, 96_000, SampleFormat.F32)
    plan = plan_encode(pcm, Format.WAV, encoding=Encoding(sample_rate=44_100))

    [segment] = await cut(room, pcm, plan, cuts_between([0, pcm.sample_count], "time"))

    left = soundfile.read(segment.path)[0][2000:-2000]
    assert 20 * np.log10(left.std() / high.std()) < -90
