"""The one durable schedule of upkeep: there once, however many servers see to it."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from server.jobs.handover.reconciler import surviving
from server.workflows.calls import RPC_LIMIT, engine_reached
from server.workflows.upkeep.messages import UPKEEP_QUEUE
from server.workflows.upkeep.retention_workflow import RetentionWorkflow

SCHEDULE_ID = "retention"
#: The engine knows no shorter one.
_SHORTEST = timedelta(seconds=1)
#: Rounds that were missed while the engine was down are not made up for: the next one does it all.
_MADE_UP_WITHIN = timedelta(seconds=10)
_SEEN_TO_EVERY_S = 60.0


class RetentionSchedule:
    """Seen to again and again, as an embedded engine may lose its file."""

    def __init__(
        self, client: Client, every: timedelta, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._every = max(every, _SHORTEST)
        self._monotonic = monotonic
        self._next_look = monotonic()
        self._is_updated = False

    async def run_round(self) -> None:
        """Never raises but for being cancelled."""
        if self._monotonic() < self._next_look:
            return
        async with surviving("schedule"):
            await self.ensure()
            self._next_look = self._monotonic() + _SEEN_TO_EVERY_S

    async def ensure(self) -> None:
        """There is a schedule, and it is as the settings say. Raises Unavailable."""
        try:
            with engine_reached():
                await self._client.create_schedule(
                    SCHEDULE_ID, self._schedule(), trigger_immediately=True, rpc_timeout=RPC_LIMIT
                )
        except ScheduleAlreadyRunningError:
            await self._update()
        self._is_updated = True

    async def _update(self) -> None:
        """Once: what an operator changes afterwards stands until the next start, and a pause for ever."""
        if self._is_updated:
            return

        def changed(found: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(replace(self._schedule(), state=found.description.schedule.state))

        with engine_reached():
            handle = self._client.get_schedule_handle(SCHEDULE_ID)
            await handle.update(changed, rpc_timeout=RPC_LIMIT)

    def _schedule(self) -> Schedule:
        return Schedule(
            action=ScheduleActionStartWorkflow(
                RetentionWorkflow.run, id=SCHEDULE_ID, task_queue=UPKEEP_QUEUE
            ),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(self._every)]),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_MADE_UP_WITHIN),
        )
