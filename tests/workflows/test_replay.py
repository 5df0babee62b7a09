"""Running jobs must survive an upgrade: recorded histories replay with today's workflow code."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from server.workflows.batch_workflow import BatchWorkflow
from server.workflows.split_workflow import CleanUpWorkflow, SplitWorkflow
from server.workflows.upkeep.closing_workflow import CloseAccountWorkflow
from server.workflows.upkeep.export_workflow import ExportWorkflow
from server.workflows.upkeep.retention_workflow import RetentionWorkflow
from server.workflows.webhooks.workflow import WebhookWorkflow

WORKFLOWS = [
    SplitWorkflow,
    BatchWorkflow,
    CleanUpWorkflow,
    WebhookWorkflow,
    RetentionWorkflow,
    ExportWorkflow,
    CloseAccountWorkflow,
]
HISTORIES = sorted(Path(__file__).with_name("histories").glob("*.json"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path) -> None:
    recorded = json.loads(path.read_text())
    history = WorkflowHistory.from_json(recorded["workflow_id"], recorded["history"])
    replayer = Replayer(workflows=WORKFLOWS)

    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)

    assert result.replay_failure is None


def test_every_way_a_job_can_go_is_recorded() -> None:
    ends = {"completed", "failed", "cancelled", "outlasted"}
    transcribed = {"transcribed", "transcribed-failed", "transcribed-cancelled"}
    others = {"batch-completed", "clean-up", "webhook-delivered", "webhook-given-up"}
    upkeep = {"retention", "exported", "export-failed", "account-closed"}
    assert {path.stem for path in HISTORIES} == ends | transcribed | others | upkeep
