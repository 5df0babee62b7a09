"""The marks of a time axis."""

_STEPS_S = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200),
)


def tick_s(length_s: float, most: int) -> float:
    """The smallest round step with which no more than `most` fit into the length."""
    return next((step for step in _STEPS_S if length_s / step <= most), length_s)


def clock(seconds: float) -> str:
    """0:01.5, 12:30, 1:02:30: no more than needed."""
    milliseconds = round(seconds * 1000)
    whole, rest = divmod(milliseconds, 1000)
    minutes = f"{whole // 60 % 60:02}" if whole >= 3600 else f"{whole // 60}"
    hours = f"{whole // 3600}:" if whole >= 3600 else ""
    fraction = f".{rest:03}".rstrip("0") if rest else ""
    return f"{hours}{minutes}:{whole % 60:02}{fraction}"
