"""How fast a job is and when it will be done, from the times and the work in its events."""

from dataclasses import dataclass
from datetime import timedelta

from zerokerf.v1.batch_pb2 import BatchEvent
from zerokerf.v1.split_pb2 import SplitEvent

Event = SplitEvent | BatchEvent


@dataclass(frozen=True, slots=True)
class Pace:
    #: Seconds of audio for each second of work; 0 while unknown.
    speed: float = 0.0
    remaining: timedelta | None = None


class PaceMeter:
    """Measures between the first event that had audio in work and the newest."""

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None

    def measure(self, event: Event) -> Pace:
        now_s = event.time.ToNanoseconds() / 1e9
        audio_s = event.progress.audio_done.ToNanoseconds() / 1e9
        total_s = event.progress.audio_total.ToNanoseconds() / 1e9
        if not total_s:
            return Pace()
        self._first = self._first or (now_s, audio_s)
        took_s, did_s = now_s - self._first[0], audio_s - self._first[1]
        if took_s <= 0 or did_s <= 0:
            return Pace()
        speed = did_s / took_s
        return Pace(speed, timedelta(seconds=max(0.0, total_s - audio_s) / speed))
