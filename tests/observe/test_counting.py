"""How each thing is counted, where a whole service would not show it."""

import asyncio
from contextlib import suppress

import pytest
from prometheus_client import CollectorRegistry

from server.observe.call_metrics import CallMetrics
from server.observe.loop_lag import LoopLag
from server.observe.speech_metrics import SpeechMetrics
from server.observe.step_metrics import StepMetrics
from server.observe.webhook_metrics import WebhookMetrics


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_time_in_which_several_recognize_is_counted_once(registry: CollectorRegistry) -> None:
    times = iter([10.0, 11.0, 13.0, 14.0, 50.0, 51.0])
    speech = SpeechMetrics(registry, lambda: next(times))

    with speech.recognizing(30), speech.recognizing(20):
        pass
    with speech.recognizing(5):
        pass

    assert registry.get_sample_value("zerokerf_recognized_audio_seconds_total") == 55
    assert registry.get_sample_value("zerokerf_recognizing_seconds_total") == 5


def test_what_could_not_be_recognized_counts_as_time_only(registry: CollectorRegistry) -> None:
    speech = SpeechMetrics(registry)

    with pytest.raises(MemoryError), speech.recognizing(30):
        raise MemoryError

    assert registry.get_sample_value("zerokerf_recognized_audio_seconds_total") == 0


@pytest.mark.parametrize(
    ("error", "outcome"), [(None, "done"), (OSError, "failed"), (asyncio.CancelledError, "cancelled")]
)
def test_a_step_counts_by_how_it_ended(
    registry: CollectorRegistry, error: type[BaseException] | None, outcome: str
) -> None:
    steps = StepMetrics(registry)

    with suppress(OSError, asyncio.CancelledError), steps.running("split.cut", "zerokerf", 2.0):
        assert registry.get_sample_value("zerokerf_steps_running", {"step": "split.cut"}) == 1
        if error is not None:
            raise error

    ended = {"step": "split.cut", "outcome": outcome}
    assert registry.get_sample_value("zerokerf_step_seconds_count", ended) == 1
    assert registry.get_sample_value("zerokerf_steps_running", {"step": "split.cut"}) == 0


@pytest.mark.parametrize(
    ("status", "outcome"), [(204, "delivered"), (301, "refused"), (500, "refused"), (None, "unanswered")]
)
def test_an_attempt_counts_by_what_came_of_it(
    registry: CollectorRegistry, status: int | None, outcome: str
) -> None:
    WebhookMetrics(registry).attempted(status, 0.1)

    assert registry.get_sample_value("zerokerf_webhook_attempts_total", {"outcome": outcome}) == 1


def test_a_stream_is_open_until_it_ends(registry: CollectorRegistry) -> None:
    calls, method = CallMetrics(registry), {"method": "/a.B/Watch"}

    calls.began("/a.B/Watch", is_stream=True)
    assert registry.get_sample_value("zerokerf_grpc_streams_open", method) == 1
    calls.ended("/a.B/Watch", "CANCELLED", 60.0, is_stream=True)

    assert registry.get_sample_value("zerokerf_grpc_streams_open", method) == 0
    assert registry.get_sample_value("zerokerf_grpc_call_seconds_count", method) is None


async def test_a_loop_that_is_held_up_is_late(registry: CollectorRegistry) -> None:
    lag = LoopLag(registry)
    measuring = asyncio.create_task(lag.measure_forever(0.01))
    await asyncio.sleep(0)

    busy_until = asyncio.get_running_loop().time() + 0.1
    while asyncio.get_running_loop().time() < busy_until:
        pass
    await asyncio.wait({measuring}, timeout=0.05)
    measuring.cancel()

    late_s = registry.get_sample_value("zerokerf_event_loop_lag_seconds_sum")
    assert late_s is not None
    assert late_s > 0.05
