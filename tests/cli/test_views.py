"""Speed, time left and the words of a running job."""

from zerokerf.cli.jobs.event_words import job_facts, job_title
from zerokerf.cli.jobs.pace import Pace, PaceMeter
from zerokerf.v1.split_pb2 import Split, SplitEvent, SplitProgress

HOUR_S = 3600


def event_at(time_s: int, audio_done_s: int, audio_total_s: int = HOUR_S) -> SplitEvent:
    event = SplitEvent(state=Split.STATE_PROCESSING)
    event.time.seconds = 1_700_000_000 + time_s
    event.progress.audio_done.seconds = audio_done_s
    if audio_total_s:
        event.progress.audio_total.seconds = audio_total_s
    return event


def test_speed_is_audio_for_each_second_since_the_work_began() -> None:
    meter = PaceMeter()
    meter.measure(event_at(0, 0, audio_total_s=0))
    meter.measure(event_at(100, 0))

    pace = meter.measure(event_at(110, 1200))

    assert pace.speed == 120
    assert pace.remaining is not None
    assert pace.remaining.total_seconds() == 20


def test_joining_late_does_not_count_what_was_done_before() -> None:
    meter = PaceMeter()
    meter.measure(event_at(0, 1800))

    assert meter.measure(event_at(10, 1900)).speed == 10


def test_nothing_is_claimed_before_anything_is_known() -> None:
    meter = PaceMeter()

    assert meter.measure(event_at(0, 0, audio_total_s=0)) == Pace()
    assert meter.measure(event_at(0, 0)) == Pace()
    assert meter.measure(event_at(0, 50)) == Pace()
    assert meter.measure(event_at(5, 0)) == Pace()


def test_the_facts_say_bytes_audio_speed_time_and_segments() -> None:
    progress = SplitProgress(bytes_fetched=2**20, bytes_total=2**21, segments_done=1, segments_total=6)
    progress.audio_done.seconds = 600
    progress.audio_total.seconds = HOUR_S
    meter = PaceMeter()
    meter.measure(event_at(0, 0))

    facts = job_facts(progress, meter.measure(event_at(10, 600)))

    assert facts == (
        "1.0 MB of 2.0 MB, 0:10:00 of 1:00:00, 60\N{MULTIPLICATION SIGN} realtime, "
        "0:00:50 left, 1 of 6 segments"
    )


def test_the_title_is_the_phase_or_the_state() -> None:
    event = SplitEvent(state=Split.STATE_PROCESSING)
    assert job_title(event) == "processing"
    event.progress.phase = SplitProgress.PHASE_CUTTING
    assert job_title(event) == "cutting"
    event.state = Split.STATE_COMPLETED
    assert job_title(event) == "completed"


def test_states_of_a_newer_server_are_shown_by_number() -> None:
    event = SplitEvent.FromString(b"\x18\x2a")

    assert job_title(event) == "state 42"
