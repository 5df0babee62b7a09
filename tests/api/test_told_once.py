"""Messages about events are made once."""

from datetime import UTC, datetime

from server.api.told_once import ToldOnce
from server.jobs.model import JobEvent, Progress
from server.jobs.states import State


def event(job_id: str, sequence: int) -> JobEvent:
    return JobEvent(job_id, sequence, datetime.now(UTC), State.PROCESSING, Progress())


class Making:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, event: JobEvent) -> str:
        self.count += 1
        return f"{event.job_id} {event.sequence}"


def test_an_event_read_twice_has_one_message() -> None:
    making = Making()
    told = ToldOnce(making)

    assert told.of(event("job_a", 1)) is told.of(event("job_a", 1))
    assert making.count == 1


def test_events_of_other_jobs_and_numbers_have_messages_of_their_own() -> None:
    told = ToldOnce(Making())

    messages = [told.of(event(*of)) for of in (("job_a", 1), ("job_b", 1), ("job_a", 2))]

    assert messages == ["job_a 1", "job_b 1", "job_a 2"]


def test_messages_of_long_ago_are_forgotten() -> None:
    making = Making()
    told = ToldOnce(making)
    for sequence in range(1, 5001):
        told.of(event("job_a", sequence))
    told.of(event("job_a", 5000))
    assert making.count == 5000

    assert told.of(event("job_a", 1)) == "job_a 1"
    assert making.count == 5001
