"""Tracing within one process: what it costs where it is off, and what does not belong to a trace."""

from typing import cast

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import get_current_span

from server.jobs.handover.admission import Admission
from server.jobs.handover.afterwards import Afterwards
from server.observe.tracing import open_tracing, served


class Noting:
    """Admission and deliveries that note whether they are called within a trace."""

    def __init__(self) -> None:
        self.traced: dict[str, bool] = {}

    async def admit(self, account_id: str) -> None:
        self.traced["admit"] = get_current_span().get_span_context().is_valid

    async def hand_over(self, job_id: str) -> None:
        self.traced["deliver"] = get_current_span().get_span_context().is_valid


async def test_the_next_job_of_an_account_does_not_begin_within_the_trace_of_the_last() -> None:
    noting = Noting()
    afterwards = Afterwards(cast(Admission, noting), noting)

    with TracerProvider(shutdown_on_exit=False).get_tracer("test").start_as_current_span("the last job"):
        await afterwards.job_ended("acc_a", "job_a")

    assert noting.traced == {"admit": False, "deliver": True}


async def test_without_a_collector_nothing_is_traced() -> None:
    async with open_tracing(None, "serve") as tracer:
        with served(tracer, "a call", ()) as span:
            assert span is None
            assert not get_current_span().get_span_context().is_valid
