"""Lengths of sound in JSON: rounded to milliseconds such that segments add up to their source."""

from google.protobuf.duration_pb2 import Duration

Number = int | float


def milliseconds(samples: int, sample_rate: int) -> int:
    """Nearest millisecond of a position; halves go up."""
    return (2000 * samples + sample_rate) // (2 * sample_rate)


def segment_ms(first_sample: int, sample_count: int, sample_rate: int) -> int:
    """The difference of two rounded positions, so that neighbours' errors cancel out."""
    end = milliseconds(first_sample + sample_count, sample_rate)
    return end - milliseconds(first_sample, sample_rate)


def seconds(ms: int) -> Number:
    """A JSON number without a needless decimal point."""
    whole, rest = divmod(ms, 1000)
    return whole if rest == 0 else ms / 1000


def exact_seconds(duration: Duration) -> Number:
    """To the nanosecond, as far as a number of JSON can tell."""
    return _from_nanoseconds(duration.ToNanoseconds())


def exact_length(samples: int, sample_rate: int) -> Number:
    """To the nearest nanosecond; halves go up."""
    return _from_nanoseconds((samples * 10**9 + sample_rate // 2) // sample_rate)


def _from_nanoseconds(nanoseconds: int) -> Number:
    whole, rest = divmod(nanoseconds, 10**9)
    return whole if rest == 0 else nanoseconds / 10**9
