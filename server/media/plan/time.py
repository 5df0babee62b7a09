"""Time in whole numbers: nanoseconds and samples, and how each becomes the other."""

NANOS = 1_000_000_000


def divide_rounding(numerator: int, denominator: int) -> int:
    """To the nearest integer, halves up. For numbers that are not negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def sample_at(time_ns: int, sample_rate: int) -> int:
    """The sample nearest to a time."""
    return divide_rounding(time_ns * sample_rate, NANOS)


def seconds_text(time_ns: int) -> str:
    """As a person writes it: 10, 10.5, 0.012."""
    seconds, rest = divmod(time_ns, NANOS)
    return f"{seconds}.{rest:09}".rstrip("0").rstrip(".")


def samples_text(sample_count: int, sample_rate: int) -> str:
    """A number of samples as seconds."""
    return seconds_text(sample_count * NANOS // sample_rate)
