"""What can be asked of an encoder, and the one rule that says which format has which option."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zerokerf.encoding_scales import (
    BIT_DEPTHS,
    MAX_CHANNELS,
    QUALITIES,
    SAMPLE_RATES,
    Scale,
    bit_rates,
)
from zerokerf.errors import InvalidParams
from zerokerf.formats import Format

Violation = tuple[str, str]

_NOUNS = {
    "bit_rate": "bit rate",
    "quality": "quality",
    "sample_rate": "sample rate",
    "channels": "number of channels",
    "bit_depth": "bit depth",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How segments shall be encoded. None is the usual: the source's own where the format can carry it."""

    bit_rate: int | None = None  # bit/s, all channels together
    quality: float | None = None  # on the encoder's own scale, see `QUALITIES`
    sample_rate: int | None = None  # Hz
    channels: int | None = None
    bit_depth: int | None = None  # of one sample; lossless formats only


def check_encoding(encoding: Encoding, target: Format | None) -> None:
    """Raises InvalidParams with a sentence for each option that the format has not.

    Without a target, or without a sample rate and channels, only what no source could make right is refused.
    Call again with what the source fills in.
    """
    violations = dict(_violations(encoding, target))
    if violations:
        raise InvalidParams(violations)


def check_bit_rate(bit_rate: int | None, target: Format, sample_rate: int, channels: int) -> None:
    """The same rule, when the rate and channels of the output are known."""
    encoding = Encoding(bit_rate=bit_rate, sample_rate=sample_rate, channels=channels)
    violations = dict(_violations(encoding, target))
    if sentence := violations.get("encoding.bit_rate"):
        raise InvalidParams({"encoding.bit_rate": sentence})


def _violations(encoding: Encoding, target: Format | None) -> Iterator[Violation]:
    if encoding.bit_rate is not None and encoding.quality is not None:
        yield "encoding.quality", "Either a bit rate or a quality can be asked for, not both."
    rate, channels = encoding.sample_rate, encoding.channels
    formats = tuple(Format) if target is None else (target,)
    where = _where(rate, channels) if target else ""
    yield from _refusal(
        "bit_rate", encoding.bit_rate, target, [bit_rates(each, rate, channels) for each in formats], where
    )
    yield from _refusal("quality", encoding.quality, target, [QUALITIES.get(each) for each in formats])
    yield from _refusal("sample_rate", rate, target, [SAMPLE_RATES[each] for each in formats])
    yield from _refusal("channels", channels, target, [MAX_CHANNELS[each] for each in formats])
    yield from _refusal("bit_depth", encoding.bit_depth, target, [BIT_DEPTHS.get(each) for each in formats])


def _refusal(
    field: str, wish: float | None, target: Format | None, scales: Sequence[Scale | None], where: str = ""
) -> Iterator[Violation]:
    known = [scale for scale in scales if scale is not None]
    if wish is None or any(scale.has(wish) for scale in known):
        return
    noun = _NOUNS[field]
    if target is None:
        sentence = f"No format has a {noun} of {wish}."
    elif known:
        sentence = f"The {noun} of {target}{where} is {known[0].words}, not {wish}."
    else:
        sentence = f"There is no {noun} to choose for {target}{where}."
    yield f"encoding.{field}", sentence


def _where(sample_rate: int | None, channels: int | None) -> str:
    """What a bit rate depends on, as far as it is known."""
    rate = f" at {sample_rate} Hz" if sample_rate else ""
    return f"{rate} with {channels} channel{'s' * (channels != 1)}" if channels else rate
