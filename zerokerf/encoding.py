"""What can be asked of an encoder, and the one rule that says which format has which option."""

from collections.abc import Iterator
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
    formats = tuple(Format) if target is None else (target,)
    name = target or "any format"
    wishes = (
        ("bit_rate", "bit rate", encoding.bit_rate, _bit_rates(encoding, formats)),
        ("quality", "quality", encoding.quality, [QUALITIES.get(each) for each in formats]),
        ("sample_rate", "sample rate", encoding.sample_rate, [SAMPLE_RATES[each] for each in formats]),
        ("channels", "number of channels", encoding.channels, [MAX_CHANNELS[each] for each in formats]),
        ("bit_depth", "bit depth", encoding.bit_depth, [BIT_DEPTHS.get(each) for each in formats]),
    )
    for field, noun, wish, scales in wishes:
        known = [scale for scale in scales if scale is not None]
        if wish is None or any(scale.has(wish) for scale in known):
            continue
        path = f"encoding.{field}"
        if not known:
            yield path, f"There is no {noun} to choose for {name}{_where(field, encoding)}."
        elif target is None:
            yield path, f"No format has a {noun} of {wish:g}."
        else:
            yield path, f"The {noun} of {target}{_where(field, encoding)} is {known[0].words}, not {wish:g}."


def _bit_rates(encoding: Encoding, formats: tuple[Format, ...]) -> list[Scale | None]:
    return [bit_rates(each, encoding.sample_rate, encoding.channels) for each in formats]


def _where(field: str, encoding: Encoding) -> str:
    """What a bit rate depends on, as far as it is known."""
    if field != "bit_rate":
        return ""
    rate = [f"{encoding.sample_rate} Hz"] if encoding.sample_rate else []
    channels = [f"{encoding.channels} channels"] if encoding.channels else []
    words = " and ".join([*rate, *channels])
    return f" at {words}" if words else ""
