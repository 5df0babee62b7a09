"""A round of upkeep: what has expired goes each time, what needs a look at everything now and then."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from server.workflows.upkeep.messages import Counts, RetentionReport
    from server.workflows.upkeep.retention_activities import RetentionActivities
    from server.workflows.workflow_steps import HEARTBEAT, WAIT, WORK_LIMIT

#: What goes through all records or the whole store is done in one of so many rounds.
WHOLE_EVERY = 12
#: A step that still fails is left to the next round, so that it does not keep the others.
RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30), maximum_attempts=5
)

Step = Callable[[RetentionActivities], Awaitable[Counts]]


@workflow.defn(name="retention")
class RetentionWorkflow:
    @workflow.run
    async def run(self) -> RetentionReport:
        since_whole = _rounds_since_whole()
        report = RetentionReport(since_whole=since_whole % WHOLE_EVERY)
        for step in (
            RetentionActivities.files,
            RetentionActivities.archives,
            RetentionActivities.accounts,
        ):
            report = await _with(report, step)
        if report.since_whole == 0:
            for step in (
                RetentionActivities.records,
                RetentionActivities.uploads,
                RetentionActivities.unfinished,
                RetentionActivities.orphans,
            ):
                report = await _with(report, step)
        return report


def _rounds_since_whole() -> int:
    """The first round there ever was goes through everything."""
    if not workflow.has_last_completion_result():
        return 0
    last = workflow.get_last_completion_result(RetentionReport)
    return last.since_whole + 1 if last else 0


async def _with(report: RetentionReport, step: Step) -> RetentionReport:
    try:
        counts: Counts = await workflow.execute_activity_method(
            step,
            args=[],
            start_to_close_timeout=WORK_LIMIT,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=RETRIES,
            cancellation_type=WAIT,
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return RetentionReport(report.counts, [*report.failed, error.activity_type], report.since_whole)
    return RetentionReport({**report.counts, **counts}, report.failed, report.since_whole)
