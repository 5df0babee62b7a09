"""Which format has which option: the one rule that every entrance asks."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zerokerf.encoding import Encoding, check_bit_rate, check_encoding
from zerokerf.encoding_scales import bit_rates
from zerokerf.errors import InvalidParams
from zerokerf.formats import Format

MP3_RATES = "8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100 or 48000"
MPEG2_BIT_RATES = (
    "8000, 16000, 24000, 32000, 40000, 48000, 56000, 64000, 80000, 96000, 112000, 128000, 144000 or 160000"
)

ACCEPTED = [
    (Format.MP3, Encoding(bit_rate=192_000)),
    (Format.MP3, Encoding(bit_rate=8_000)),
    (Format.MP3, Encoding(bit_rate=320_000, sample_rate=44_100, channels=1)),
    (Format.MP3, Encoding(quality=0)),
    (Format.MP3, Encoding(quality=2.5)),
    (Format.OGG, Encoding(quality=-1)),
    (Format.OGG, Encoding(quality=10, channels=8)),
    (Format.OGG, Encoding(bit_rate=45_000, sample_rate=44_100, channels=2)),
    (Format.OPUS, Encoding(bit_rate=6_000, channels=1, sample_rate=48_000)),
    (Format.AAC, Encoding(bit_rate=128_000, channels=6)),
    (Format.M4A, Encoding(bit_rate=529_200, sample_rate=44_100, channels=2)),
    (Format.FLAC, Encoding(quality=8, bit_depth=24, sample_rate=384_000)),
    (Format.WAV, Encoding(bit_depth=8, channels=8)),
    (None, Encoding(sample_rate=16_000, channels=1)),
    (None, Encoding(bit_depth=32)),
    *((target, Encoding()) for target in (*Format, None)),
]

REFUSED = [
    (Format.WAV, Encoding(bit_rate=128_000), "bit_rate", "There is no bit rate to choose for wav."),
    (Format.FLAC, Encoding(bit_rate=128_000), "bit_rate", "There is no bit rate to choose for flac."),
    (Format.WAV, Encoding(quality=5), "quality", "There is no quality to choose for wav."),
    (Format.OPUS, Encoding(quality=5), "quality", "There is no quality to choose for opus."),
    (Format.AAC, Encoding(quality=1), "quality", "There is no quality to choose for aac."),
    (Format.M4A, Encoding(quality=1), "quality", "There is no quality to choose for m4a."),
    (Format.MP3, Encoding(bit_depth=16), "bit_depth", "There is no bit depth to choose for mp3."),
    (Format.OPUS, Encoding(bit_depth=16), "bit_depth", "There is no bit depth to choose for opus."),
    (Format.M4A, Encoding(bit_depth=24), "bit_depth", "There is no bit depth to choose for m4a."),
    (Format.FLAC, Encoding(bit_depth=32), "bit_depth", "The bit depth of flac is 16 or 24 bit, not 32."),
    (Format.WAV, Encoding(bit_depth=20), "bit_depth", "The bit depth of wav is 8, 16, 24 or 32 bit, not 20."),
    (Format.MP3, Encoding(quality=9.5), "quality", "The quality of mp3 is 0 to 9, not 9.5."),
    (Format.MP3, Encoding(quality=-0.1), "quality", "The quality of mp3 is 0 to 9, not -0.1."),
    (Format.OGG, Encoding(quality=10.1), "quality", "The quality of ogg is -1 to 10, not 10.1."),
    (Format.FLAC, Encoding(quality=9), "quality", "The quality of flac is 0 to 8 in whole numbers, not 9."),
    (
        Format.FLAC,
        Encoding(quality=2.5),
        "quality",
        "The quality of flac is 0 to 8 in whole numbers, not 2.5.",
    ),
    (Format.OGG, Encoding(quality=math.nan), "quality", "The quality of ogg is -1 to 10, not nan."),
    (Format.MP3, Encoding(channels=3), "channels", "The number of channels of mp3 is 1 or 2, not 3."),
    (Format.AAC, Encoding(channels=7), "channels", "The number of channels of aac is 1 to 6, not 7."),
    (Format.WAV, Encoding(channels=9), "channels", "The number of channels of wav is 1 to 8, not 9."),
    (Format.FLAC, Encoding(channels=0), "channels", "The number of channels of flac is 1 to 8, not 0."),
    (
        Format.OPUS,
        Encoding(sample_rate=16_000),
        "sample_rate",
        "The sample rate of opus is 48000 Hz, not 16000.",
    ),
    (
        Format.MP3,
        Encoding(sample_rate=96_000),
        "sample_rate",
        f"The sample rate of mp3 is {MP3_RATES} Hz, not 96000.",
    ),
    (Format.OGG, Encoding(sample_rate=352_800), "sample_rate", None),
    (Format.AAC, Encoding(sample_rate=44_101), "sample_rate", None),
    (Format.WAV, Encoding(sample_rate=0), "sample_rate", None),
    (Format.WAV, Encoding(sample_rate=-44_100), "sample_rate", None),
    (Format.MP3, Encoding(bit_rate=100_000), "bit_rate", None),
    (Format.MP3, Encoding(bit_rate=0), "bit_rate", None),
    (Format.MP3, Encoding(bit_rate=192), "bit_rate", None),
    (
        Format.MP3,
        Encoding(bit_rate=320_000, sample_rate=22_050),
        "bit_rate",
        f"The bit rate of mp3 at 22050 Hz is {MPEG2_BIT_RATES} bit/s, not 320000.",
    ),
    (Format.MP3, Encoding(bit_rate=96_000, sample_rate=8_000), "bit_rate", None),
    (Format.MP3, Encoding(bit_rate=24_000, sample_rate=44_100), "bit_rate", None),
    (Format.AAC, Encoding(bit_rate=1_000, channels=1), "bit_rate", None),
    (
        Format.AAC,
        Encoding(bit_rate=300_000, sample_rate=44_100, channels=1),
        "bit_rate",
        "The bit rate of aac at 44100 Hz with 1 channel is 16000 to 264600 bit/s, not 300000.",
    ),
    (Format.OPUS, Encoding(bit_rate=512_001, channels=2), "bit_rate", None),
    (Format.OPUS, Encoding(bit_rate=5_999), "bit_rate", None),
    (
        Format.OGG,
        Encoding(bit_rate=128_000, sample_rate=96_000),
        "bit_rate",
        "There is no bit rate to choose for ogg at 96000 Hz.",
    ),
    (Format.OGG, Encoding(bit_rate=500_000, sample_rate=44_100, channels=1), "bit_rate", None),
    (None, Encoding(channels=9), "channels", "No format has a number of channels of 9."),
    (None, Encoding(sample_rate=12), "sample_rate", "No format has a sample rate of 12."),
    (None, Encoding(bit_depth=64), "bit_depth", "No format has a bit depth of 64."),
    (None, Encoding(bit_rate=10**9), "bit_rate", None),
]


@pytest.mark.parametrize(("target", "encoding"), ACCEPTED)
def test_what_a_format_has_is_accepted(target: Format | None, encoding: Encoding) -> None:
    check_encoding(encoding, target)


@pytest.mark.parametrize(("target", "encoding", "field", "sentence"), REFUSED)
def test_what_a_format_has_not_is_refused_in_one_sentence(
    target: Format | None, encoding: Encoding, field: str, sentence: str | None
) -> None:
    with pytest.raises(InvalidParams) as failure:
        check_encoding(encoding, target)

    assert list(failure.value.violations) == [f"encoding.{field}"]
    said = failure.value.violations[f"encoding.{field}"]
    assert said == sentence or (sentence is None and said.endswith("."))


@pytest.mark.parametrize("target", [Format.MP3, Format.OGG, None])
def test_a_bit_rate_and_a_quality_exclude_each_other(target: Format | None) -> None:
    with pytest.raises(InvalidParams) as failure:
        check_encoding(Encoding(bit_rate=128_000, quality=4), target)

    assert "not both" in failure.value.violations["encoding.quality"]


def test_every_wrong_option_is_named() -> None:
    with pytest.raises(InvalidParams) as failure:
        check_encoding(Encoding(bit_rate=1, sample_rate=1, channels=0, bit_depth=1), Format.MP3)

    assert set(failure.value.violations) == {
        "encoding.bit_rate",
        "encoding.sample_rate",
        "encoding.channels",
        "encoding.bit_depth",
    }


def test_a_bit_rate_is_held_against_what_a_source_brings() -> None:
    check_encoding(Encoding(bit_rate=320_000), Format.MP3)
    check_bit_rate(320_000, Format.MP3, 44_100, 2)
    check_bit_rate(None, Format.MP3, 22_050, 2)

    with pytest.raises(InvalidParams) as failure:
        check_bit_rate(320_000, Format.MP3, 22_050, 2)
    assert list(failure.value.violations) == ["encoding.bit_rate"]


@given(
    target=st.sampled_from(Format),
    sample_rate=st.integers(1, 384_000),
    channels=st.integers(1, 8),
    bit_rate=st.integers(-1, 3_000_000),
)
def test_what_is_right_for_a_source_is_right_without_one(
    target: Format, sample_rate: int, channels: int, bit_rate: int
) -> None:
    """Nobody is refused early for what would have been possible."""
    exact = bit_rates(target, sample_rate, channels)
    loose = bit_rates(target, None, None)

    assert exact is None or not exact.has(bit_rate) or (loose is not None and loose.has(bit_rate))


@given(
    target=st.one_of(st.none(), st.sampled_from(Format)),
    bit_rate=st.one_of(st.none(), st.integers()),
    quality=st.one_of(st.none(), st.floats()),
    sample_rate=st.one_of(st.none(), st.integers()),
    channels=st.one_of(st.none(), st.integers()),
    bit_depth=st.one_of(st.none(), st.integers()),
)
def test_whatever_is_asked_gives_an_answer(
    target: Format | None,
    bit_rate: int | None,
    quality: float | None,
    sample_rate: int | None,
    channels: int | None,
    bit_depth: int | None,
) -> None:
    encoding = Encoding(
        bit_rate=bit_rate, quality=quality, sample_rate=sample_rate, channels=channels, bit_depth=bit_depth
    )

    violations = violations_of(encoding, target)

    assert all(path.startswith("encoding.") for path in violations)
    assert all(sentence.endswith(".") for sentence in violations.values())


def violations_of(encoding: Encoding, target: Format | None) -> dict[str, str]:
    try:
        check_encoding(encoding, target)
    except InvalidParams as refused:
        return refused.violations
    return {}
