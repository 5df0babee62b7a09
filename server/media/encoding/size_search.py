"""Finds how many samples fit into a file of limited size: by arithmetic for WAV, else by trying."""

from dataclasses import dataclass, replace
from pathlib import Path

from server.media.decoder import Decoder
from server.media.encoding.options import EncodePlan, output_samples, place
from server.media.facts import MediaLimits
from server.media.pcm import Pcm
from server.media.plan.cuts import Cut, cuts_between
from server.media.segment import CutSegment, Dress, make_segment
from server.media.wav import file_bytes
from zerokerf.errors import SizeLimitTooSmall, TooManySegments

_LEAST_FILL_PERCENT = 98
_AIM_PERMILLE = 993
_GRAIN_SAMPLES = 1152  # encoders work in frames: closer steps change nothing
_MAX_TRIES = 16
_CALIBRATION_S = 10


@dataclass(frozen=True, slots=True)
class SizeStart:
    """Where to go on. The length and size of the segment before make the next guess, so that going on after
    a pause cuts exactly where going on without one would have."""

    index: int = 0
    first_sample: int = 0
    samples_before: int = 0
    bytes_before: int = 0

    @staticmethod
    def after(segment: CutSegment) -> "SizeStart":
        end = segment.first_sample + segment.sample_count
        return SizeStart(segment.index + 1, end, segment.sample_count, segment.size_bytes)


def least_samples(pcm: Pcm) -> int:
    """No segment but the last one is shorter than a second: a limit that asks for less is refused."""
    return min(pcm.sample_rate, pcm.sample_count)


def plan_wav_by_size(
    pcm: Pcm, target: EncodePlan, max_bytes: int, limits: MediaLimits, reserve_bytes: int = 0
) -> tuple[Cut, ...]:
    """By arithmetic. `reserve_bytes` of every file are left for what is written into it later."""
    shape, total = target.change.shape, place(target, pcm, pcm.sample_count)
    least_bytes = file_bytes(shape, min(shape.sample_rate, total)) + reserve_bytes
    if max_bytes < least_bytes:
        raise SizeLimitTooSmall(max_bytes, least_bytes)
    room = (max_bytes - reserve_bytes) // shape.frame_bytes
    while file_bytes(shape, room) + reserve_bytes > max_bytes:
        room -= 1
    count = -(-total // room)
    if count > limits.max_segments:
        raise TooManySegments(count, limits.max_segments)
    return cuts_between(_full_to(pcm, target, room), "size")


def wav_bytes(pcm: Pcm, target: EncodePlan, cut: Cut) -> int:
    """How large a segment will be, tags apart."""
    samples = output_samples(target, pcm, cut.first_sample, cut.sample_count)
    return file_bytes(target.change.shape, samples)


def _full_to(pcm: Pcm, target: EncodePlan, room: int) -> list[int]:
    """The places where files of at most `room` output samples begin and end."""
    places = [0]
    while places[-1] < pcm.sample_count:
        last = place(target, pcm, places[-1]) + room
        end = min(pcm.sample_count, last * pcm.sample_rate // target.sample_rate + 1)
        while place(target, pcm, end) > last:
            end -= 1
        places.append(end)
    return places


class _Bracket:
    """What is known about one segment: the longest try that fits, the shortest that does not."""

    def __init__(self, left: int, least: int, max_bytes: int) -> None:
        self._left = left
        self._least = least
        self._max_bytes = max_bytes
        self.best: CutSegment | None = None
        self._over: CutSegment | None = None

    def note(self, tried: CutSegment) -> None:
        if tried.size_bytes > self._max_bytes:
            tried.path.unlink(missing_ok=True)
            self._over = tried
        else:
            self.drop()
            self.best = tried
        if self._over and self._over.sample_count <= self._least:
            raise SizeLimitTooSmall(self._max_bytes, self._over.size_bytes)

    def drop(self) -> None:
        if self.best:
            self.best.path.unlink(missing_ok=True)

    @property
    def is_settled(self) -> bool:
        if self.best is None:
            return False
        is_full = self.best.size_bytes * 100 >= self._max_bytes * _LEAST_FILL_PERCENT
        is_last = self.best.sample_count == self._left
        is_tight = self._over and self._over.sample_count - self.best.sample_count <= _GRAIN_SAMPLES
        return is_full or is_last or bool(is_tight)

    def next_guess(self) -> int:
        """By proportion from one known size, by interpolation between two, well inside what is open."""
        if self._over is None and self.best:
            return proportional(self.best.sample_count, self.best.size_bytes, self._max_bytes, self._left)
        if self._over and self.best is None:
            guess = proportional(self._over.sample_count, self._over.size_bytes, self._max_bytes, self._left)
            return max(self._least, min(guess, self._over.sample_count * 19 // 20))
        if self._over is None or self.best is None:
            raise RuntimeError("a guess needs a measured try")
        low, high = self.best, self._over
        gap = high.sample_count - low.sample_count
        aim_bytes = self._max_bytes * _AIM_PERMILLE // 1000 - low.size_bytes
        step = gap * aim_bytes // max(1, high.size_bytes - low.size_bytes)
        return low.sample_count + max(gap // 20, min(step, gap - gap // 20))


def proportional(sample_count: int, size_bytes: int, max_bytes: int, left: int) -> int:
    """How many samples should fit if size grows with length; all that is left if they just might."""
    if sample_count * max_bytes // size_bytes >= left:
        return left
    return sample_count * max_bytes * _AIM_PERMILLE // (1000 * size_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeSearch:
    """Makes the longest segment that fits, from a given start."""

    pcm: Pcm
    max_bytes: int
    target: EncodePlan
    folder: Path
    decoder: Decoder
    limits: MediaLimits

    async def next_segment(self, start: SizeStart, dress: Dress | None) -> CutSegment:
        """Raises SizeLimitTooSmall where not even a second fits, TooManySegments as soon as that is sure."""
        self._refuse_too_many(start)
        left = self.pcm.sample_count - start.first_sample
        bracket = _Bracket(left, min(left, least_samples(self.pcm)), self.max_bytes)
        guess = self._first_guess(start, left)
        try:
            for _ in range(_MAX_TRIES):
                bracket.note(await self._try(start, guess, dress))
                if bracket.is_settled:
                    break
                guess = bracket.next_guess()
        except BaseException:
            bracket.drop()
            raise
        if bracket.best is None:
            raise SizeLimitTooSmall(self.max_bytes, self.max_bytes + 1)
        return self._keep(bracket.best)

    def _first_guess(self, start: SizeStart, left: int) -> int:
        least = min(left, least_samples(self.pcm))
        if start.bytes_before:
            return max(least, proportional(start.samples_before, start.bytes_before, self.max_bytes, left))
        return min(left, _CALIBRATION_S * self.pcm.sample_rate)

    async def _try(self, start: SizeStart, sample_count: int, dress: Dress | None) -> CutSegment:
        cut = Cut(start.index, start.first_sample, sample_count, "size")
        stem = f"{start.index:06}-{sample_count}"
        return await make_segment(
            self.pcm, cut, self.target, self.folder, self.decoder, lambda _: None, stem=stem, dress=dress
        )

    def _keep(self, best: CutSegment) -> CutSegment:
        """Under the name that every segment has."""
        path = best.path.rename(self.folder / f"{best.index:06}{best.path.suffix}")
        is_last = best.first_sample + best.sample_count == self.pcm.sample_count
        return replace(best, path=path, reason="end" if is_last else "size")

    def _refuse_too_many(self, start: SizeStart) -> None:
        """Told early when the segments so far are less than half as long as they must be."""
        if not start.index:
            return
        count = -(-self.pcm.sample_count * start.index // start.first_sample)
        if start.index >= self.limits.max_segments or count > 2 * self.limits.max_segments:
            raise TooManySegments(count, self.limits.max_segments)
