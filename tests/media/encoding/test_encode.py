"""What was asked of an encoder is in the file: read back by decoders that know nothing of the plan."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from server.media.encoding.options import plan_encode
from server.media.pcm import Pcm, SampleFormat
from server.media.plan.cuts import Cut
from server.media.segment import CutSegment, make_segment
from server.media.verify import Proof, verify_segment
from tests.media.conftest import Room
from tests.media.corpus import RATE, speech_like
from zerokerf.encoding import Encoding
from zerokerf.errors import InvalidParams
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True, slots=True)
class Made:
    segment: CutSegment
    proof: Proof
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What PyAV's own demuxer and decoder find in a file."""

    sample_rate: int
    channels: int
    samples: np.ndarray


def see(path: Path) -> Seen:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        interleave = av.AudioResampler(format="flt")  # PyAV cannot show eight channels that lie apart
        frames = [packed for frame in container.decode(stream) for packed in interleave.resample(frame)]
        channels = stream.channels
        flat = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
        return Seen(stream.rate, channels, flat.reshape(-1, channels))


def pcm_of(folder: Path, samples: np.ndarray, rate: int = RATE, kind: SampleFormat = SampleFormat.S16) -> Pcm:
    """Floats of full scale 1, as raw samples of a kind."""
    path = folder / f"source-{rate}-{samples.shape[1]}-{kind}.raw"
    if kind is SampleFormat.F32:
        path.write_bytes(samples.astype("<f4").tobytes())
    elif kind is SampleFormat.S24:
        wide = (samples * (1 << 23)).astype("<i4")
        path.write_bytes(wide.reshape(-1, 1).view(np.uint8)[:, :3].tobytes())
    else:
        path.write_bytes((samples * 32767).astype("<i2").tobytes())
    return Pcm(
        path=path,
        data_offset=0,
        sample_format=kind,
        sample_rate=rate,
        channels=samples.shape[1],
        sample_count=len(samples),
    )


async def make(room: Room, pcm: Pcm, target: Format, encoding: Encoding, stem: str = "made") -> Made:
    plan = plan_encode(pcm, target, encoding=encoding)
    whole = Cut(0, 0, pcm.sample_count, "end")
    segment = await make_segment(pcm, whole, plan, room.folder, room.decoder, lambda _: None, stem=stem)
    return Made(segment, await verify_segment(segment, plan, pcm, room.decoder), plan.notes)


@pytest.mark.parametrize(
    ("target", "bit_rate"),
    [
        *((Format.MP3, bit_rate) for bit_rate in (32_000, 128_000, 320_000)),
        *((Format.OPUS, bit_rate) for bit_rate in (16_000, 64_000, 256_000)),
        *((Format.AAC, bit_rate) for bit_rate in (32_000, 128_000, 256_000)),
        *((Format.M4A, bit_rate) for bit_rate in (32_000, 128_000, 256_000)),
        *((Format.OGG, bit_rate) for bit_rate in (64_000, 128_000, 256_000)),
    ],
)
async def test_a_file_is_as_large_as_its_bit_rate_says(target: Format, bit_rate: int, room: Room) -> None:
    pcm = pcm_of(room.folder, speech_like(4 * RATE))

    made = await make(room, pcm, target, Encoding(bit_rate=bit_rate))

    expected_bytes = 4 * bit_rate // 8
    slack = 0.25 if target in (Format.OGG, Format.OPUS) else 0.08  # the two mean an average of all music
    assert made.segment.size_bytes == pytest.approx(expected_bytes, rel=slack)
    assert made.notes == () or target is Format.OPUS


@pytest.mark.parametrize(
    ("target", "qualities"),
    [(Format.MP3, (9, 4.5, 0)), (Format.OGG, (-1, 4.5, 10)), (Format.FLAC, (8, 2, 0))],
)
async def test_a_better_quality_takes_more_room(
    target: Format, qualities: tuple[float, ...], room: Room
) -> None:
    pcm = pcm_of(room.folder, speech_like(2 * RATE))

    sizes = [
        (await make(room, pcm, target, Encoding(quality=quality))).segment.size_bytes for quality in qualities
    ]

    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize(
    ("target", "channels"),
    [(target, channels) for target in Format for channels in (1, 2, 6) if target != "mp3" or channels < 3],
)
async def test_channels_are_those_asked_for(target: Format, channels: int, room: Room) -> None:
    pcm = pcm_of(room.folder, speech_like(RATE, channels=3))

    made = await make(room, pcm, target, Encoding(channels=channels))

    assert see(made.segment.path).channels == channels
    way = "mixed down" if channels < 3 else "spread"
    assert f"3 channels were {way} to {channels}, as asked." in made.notes


@pytest.mark.parametrize("kind", [SampleFormat.S16, SampleFormat.F32])
async def test_mixing_down_cannot_clip(kind: SampleFormat, room: Room) -> None:
    loud = np.full((RATE, 6), 0.99)

    mixed = await make(room, pcm_of(room.folder, loud, kind=kind), Format.WAV, Encoding(channels=2), "mixed")

    assert np.abs(soundfile.read(mixed.segment.path)[0]).max() == pytest.approx(0.99, abs=0.001)


async def test_a_doubled_channel_stays_as_it_is(room: Room) -> None:
    mono = speech_like(RATE, channels=1)

    doubled = await make(room, pcm_of(room.folder, mono), Format.WAV, Encoding(channels=2))

    left_right = soundfile.read(doubled.segment.path, dtype="int16")[0]
    assert np.array_equal(left_right, np.repeat((mono * 32767).astype("<i2"), 2, axis=1))
    assert doubled.notes == ("1 channel was spread to 2, as asked.",)


async def test_channels_are_mixed_by_where_they_are(room: Room) -> None:
    """Four channels are left, right, centre and back in one mask, and all in front in another."""
    tone = speech_like(RATE, channels=1)[:, 0]
    only_third = np.zeros((RATE, 4))
    only_third[:, 2] = tone
    pcm = pcm_of(room.folder, only_third)
    levels = {}
    for mask in (0x33, 0x107):
        stated = Pcm(**{name: getattr(pcm, name) for name in Pcm.__slots__} | {"channel_mask": mask})
        made = await make(room, stated, Format.WAV, Encoding(channels=2), f"mask-{mask}")
        levels[mask] = np.abs(soundfile.read(made.segment.path)[0]).max(axis=0) > 0.05

    assert levels[0x33].tolist() == [True, False]
    assert levels[0x107].tolist() == [True, True]


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("target", [*Format, "alac"])
async def test_every_channel_arrives_and_none_twice(target: str, channels: int, room: Room) -> None:
    """A tone of its own in each, found again; the low frequency channel of lossy formats has no highs."""
    seconds = np.arange(RATE) / RATE
    tones = np.array([40 + 25 * channel for channel in range(channels)])
    pcm = pcm_of(room.folder, 0.3 * np.sin(2 * np.pi * tones * seconds[:, None]))
    is_alac = target == "alac"
    kind = Format.M4A if is_alac else Format(target)
    plan = plan_encode(pcm, kind, "alac" if is_alac else "")

    whole = Cut(0, 0, pcm.sample_count, "end")
    segment = await make_segment(pcm, whole, plan, room.folder, room.decoder, lambda _: None)

    proof = await verify_segment(segment, plan, pcm, room.decoder)
    seen = see(segment.path)
    found = seen.samples[9000:40000]
    heights = np.abs(np.fft.rfft(found * np.hanning(len(found))[:, None], n=seen.sample_rate, axis=0))
    if plan.channels == channels:
        assert sorted(heights.argmax(axis=0).tolist()) == tones.tolist()
        assert plan.notes == () or kind is Format.OPUS
    else:
        assert any("mixed down to 2, all that" in note for note in plan.notes)
    assert proof.is_bit_exact == (is_alac or kind in (Format.WAV, Format.FLAC))


@pytest.mark.parametrize(
    ("target", "bits", "subtype"),
    [
        (Format.WAV, 8, "PCM_U8"),
        (Format.WAV, 16, "PCM_16"),
        (Format.WAV, 24, "PCM_24"),
        (Format.WAV, 32, "PCM_32"),
        (Format.FLAC, 16, "PCM_16"),
        (Format.FLAC, 24, "PCM_24"),
    ],
)
@pytest.mark.parametrize("kind", [SampleFormat.S16, SampleFormat.S24, SampleFormat.F32])
async def test_samples_are_as_deep_as_asked(
    target: Format, bits: int, subtype: str, kind: SampleFormat, room: Room
) -> None:
    samples = speech_like(RATE)
    pcm = pcm_of(room.folder, samples, kind=kind)

    made = await make(room, pcm, target, Encoding(bit_depth=bits))

    info = soundfile.info(made.segment.path)
    is_float_kept = kind is SampleFormat.F32 and bits == 32
    assert (info.subtype, info.frames) == ("FLOAT" if is_float_kept else subtype, RATE)
    off = np.abs(soundfile.read(made.segment.path)[0] - samples).max()
    assert off <= 3 / (1 << (min(bits, 16 if kind is SampleFormat.S16 else 24) - 1))
    is_kept = not kind.is_float and bits >= 8 * kind.sample_bytes
    assert made.proof.is_bit_exact == (is_kept or is_float_kept)
    assert (made.notes == ()) == made.proof.is_bit_exact


async def test_samples_made_shallower_are_dithered_and_it_is_said(room: Room) -> None:
    """A tone below half a step is still there, and nothing but noise beside it: no harmonics of steps."""
    seconds = np.arange(4 * RATE) / RATE
    quiet = 0.3 / 32768 * np.sin(2 * np.pi * 1000 * seconds)[:, None]
    pcm = pcm_of(room.folder, quiet, kind=SampleFormat.S24)

    made = await make(room, pcm, Format.WAV, Encoding(bit_depth=16))

    heard = np.abs(np.fft.rfft(soundfile.read(made.segment.path)[0]))
    assert heard[4 * 1000] > 10 * np.median(heard)
    assert heard[4 * 3000] < 5 * np.median(heard)
    assert made.notes == ("Samples of s24le were stored as 16 bit integers with dither, as asked.",)


async def test_a_lossless_source_becomes_lossy_only_when_a_bit_rate_asks_for_it(room: Room) -> None:
    pcm = pcm_of(room.folder, speech_like(RATE))

    assert plan_encode(pcm, Format.M4A, "alac").codec == "alac"
    assert plan_encode(pcm, Format.M4A, "alac", Encoding(sample_rate=48_000)).codec == "alac"
    assert plan_encode(pcm, Format.M4A, "alac", Encoding(bit_rate=128_000)).codec == "aac"


async def test_a_bit_rate_that_a_source_makes_impossible_is_refused(room: Room) -> None:
    low = pcm_of(room.folder, speech_like(22_050, 22_050), 22_050)

    with pytest.raises(InvalidParams, match="The bit rate of mp3 at 22050 Hz with 2 channels is"):
        plan_encode(low, Format.MP3, encoding=Encoding(bit_rate=320_000))

    plan_encode(low, Format.MP3, encoding=Encoding(bit_rate=320_000, sample_rate=44_100))
