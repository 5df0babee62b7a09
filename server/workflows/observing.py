"""Round every step: what operators watch of it, and of the programs that it runs."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from opentelemetry.trace import Tracer
from temporalio import activity
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput
from temporalio.worker import Interceptor as WorkerInterceptor

from server.media.watching import on_program


class StepObserver(Protocol):
    """Counts by names of steps, queues and programs, which are few."""

    def running(self, step: str, queue: str, waited_s: float) -> AbstractContextManager[None]: ...

    def program(self, name: str) -> AbstractContextManager[None]: ...


def interceptors(steps: StepObserver, tracer: Tracer | None) -> list[ClientInterceptor]:
    """For the engine's client, whose workers inherit them. With a tracer, spans cross the engine too."""
    traced: list[ClientInterceptor] = [] if tracer is None else [TracingInterceptor(tracer)]
    return [*traced, ObservedSteps(steps, tracer)]


class ObservedSteps(ClientInterceptor, WorkerInterceptor):
    """Has no part in workflows, so recorded histories replay with or without it."""

    def __init__(self, steps: StepObserver, tracer: Tracer | None = None) -> None:
        self._steps = steps
        self._tracer = tracer

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the name is the engine's
        return _Observed(next, self._steps, self._tracer)


class _Observed(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, steps: StepObserver, tracer: Tracer | None) -> None:
        super().__init__(inner)
        self._steps = steps
        self._tracer = tracer

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the engine's
        info = activity.info()
        on_program.set(self._program)  # ends with the step's own task
        waited_s = (info.started_time - info.current_attempt_scheduled_time).total_seconds()
        with self._steps.running(info.activity_type, info.task_queue, max(0.0, waited_s)):
            return await super().execute_activity(input)

    @contextmanager
    def _program(self, name: str) -> Iterator[None]:
        with self._steps.program(name):
            if self._tracer is None:
                yield
                return
            with self._tracer.start_as_current_span(name):
                yield
