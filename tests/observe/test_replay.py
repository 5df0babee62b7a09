"""Watching changes nothing that workflows decide: recorded histories replay with it."""

import json
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import CollectorRegistry
from temporalio.client import WorkflowHistory
from temporalio.worker import Interceptor, Replayer

from server.observe.step_metrics import StepMetrics
from server.workflows.batch_workflow import BatchWorkflow
from server.workflows.observing import interceptors
from server.workflows.split_workflow import CleanUpWorkflow, SplitWorkflow
from server.workflows.upkeep.closing_workflow import CloseAccountWorkflow
from server.workflows.upkeep.export_workflow import ExportWorkflow
from server.workflows.upkeep.retention_workflow import RetentionWorkflow
from server.workflows.webhooks.workflow import WebhookWorkflow
from tests import workflows

WORKFLOWS = [
    SplitWorkflow,
    BatchWorkflow,
    CleanUpWorkflow,
    WebhookWorkflow,
    RetentionWorkflow,
    ExportWorkflow,
    CloseAccountWorkflow,
]
HISTORIES = sorted(Path(workflows.__file__).with_name("histories").glob("*.json"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_history_recorded_without_traces_replays_with_them(path: Path) -> None:
    recorded = json.loads(path.read_text())
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    watching = interceptors(StepMetrics(CollectorRegistry()), tracer)
    replayer = Replayer(
        workflows=WORKFLOWS,
        interceptors=[each for each in watching if isinstance(each, Interceptor)],
    )

    history = WorkflowHistory.from_json(recorded["workflow_id"], recorded["history"])
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)

    assert len(replayer.config()["interceptors"]) == 2
    assert result.replay_failure is None
