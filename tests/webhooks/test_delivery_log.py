"""What an account sees of its deliveries, and sends again; of another's it sees nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from server.database.open import Database
from server.database.tables import jobs
from server.webhooks.deliveries import Deliveries
from server.webhooks.delivery_log import DeliveryLog
from server.webhooks.delivery_records import DeliveryRecords
from server.webhooks.model import DeliveryState
from tests.webhooks.deliveries import BEGINNING, new_delivery
from tests.webhooks.engines import NotedEngine
from zerokerf.errors import DeliveryNotFound, DeliveryPending, InvalidParams


@pytest.fixture
def log(database: Database) -> DeliveryLog:
    return DeliveryLog(database)


@pytest.fixture
def engine() -> NotedEngine:
    return NotedEngine()


@pytest.fixture
def deliveries(database: Database, log: DeliveryLog, engine: NotedEngine) -> Deliveries:
    return Deliveries(DeliveryRecords(database), log, engine)


async def test_a_list_is_turned_page_by_page_newest_first(log: DeliveryLog, database: Database) -> None:
    made = [
        await new_delivery(database, created_at=BEGINNING + timedelta(seconds=number)) for number in range(5)
    ]
    await new_delivery(database, account_id="acc_b")

    first = await log.list("acc_a", page_size=3)
    second = await log.list("acc_a", page_size=3, token=first.next_token)

    assert [each.id for each in (*first.deliveries, *second.deliveries)] == made[::-1]
    assert second.next_token == ""
    with pytest.raises(InvalidParams):
        await log.list("acc_b", token=first.next_token)
    with pytest.raises(InvalidParams):
        await log.list("acc_a", job_id="job_1", token=first.next_token)
    with pytest.raises(InvalidParams):
        await log.list("acc_a", page_size=101)


async def test_a_list_can_be_of_a_job_by_either_name_and_of_states(
    log: DeliveryLog, database: Database
) -> None:
    async with database.writing() as connection:
        job = {
            "id": "job_2",
            "kind": "batch",
            "account_id": "acc_a",
            "public_id": "mine",
            "state": "completed",
        }
        rest = {"request": {}, "progress": {}, "notes": [], "last_sequence": 0, "clean_up_due": False}
        await connection.execute(insert(jobs).values(job | rest | {"created_at": BEGINNING}))
    about_one = await new_delivery(database)
    about_two = await new_delivery(database, job_id="job_2", state="failed")

    async def listed(**which: object) -> list[str]:
        return [each.id for each in (await log.list("acc_a", **which)).deliveries]  # type: ignore[arg-type]  # as given

    assert await listed(job_id="job_1") == [about_one]
    assert await listed(job_id="mine") == await listed(job_id="job_2") == [about_two]
    assert await listed(states=frozenset({DeliveryState.FAILED})) == [about_two]
    assert await listed(job_id="\x00") == await listed(job_id="x" * 200) == []
    assert (await log.get("acc_a", about_two)).public_job_id == "mine"


async def test_what_is_anothers_is_not_there(
    log: DeliveryLog, deliveries: Deliveries, engine: NotedEngine, database: Database
) -> None:
    theirs = await new_delivery(database, account_id="acc_b", state="failed")

    for delivery_id in (theirs, "dlv_x", "\x00", ""):
        with pytest.raises(DeliveryNotFound):
            await log.get("acc_a", delivery_id)
        with pytest.raises(DeliveryNotFound):
            await deliveries.redeliver("acc_a", delivery_id)

    assert (await log.get("acc_b", theirs)).state is DeliveryState.FAILED
    assert engine.started == []


@pytest.mark.parametrize("state", ["delivered", "failed", "stopped", "dropped"])
async def test_what_has_ended_is_sent_again_with_all_its_attempts(
    deliveries: Deliveries, engine: NotedEngine, database: Database, state: str
) -> None:
    delivery_id = await new_delivery(
        database, state=state, body='{"a":1}', round_attempts=8, ended_at=BEGINNING, next_attempt_at=None
    )

    begun = await deliveries.redeliver("acc_a", delivery_id)

    assert (begun.state, begun.rounds, begun.round_attempts) == (DeliveryState.PENDING, 2, 0)
    assert (begun.body, begun.ended_at) == ('{"a":1}', None)
    assert begun.next_attempt_at is not None
    assert engine.started == [("acc_a", delivery_id, 2)]
    with pytest.raises(DeliveryPending):
        await deliveries.redeliver("acc_a", delivery_id)


async def test_what_the_engine_cannot_take_is_due_for_the_reconciler(
    deliveries: Deliveries, engine: NotedEngine, database: Database
) -> None:
    delivery_id = await new_delivery(database, state="failed", next_attempt_at=None)
    engine.is_reachable = False

    await deliveries.redeliver("acc_a", delivery_id)

    (due,) = await DeliveryRecords(database).due(10)
    assert (due.id, due.round_number) == (delivery_id, 2)


async def test_all_that_is_due_of_a_job_goes_on_its_way(
    deliveries: Deliveries, engine: NotedEngine, database: Database
) -> None:
    mine = {await new_delivery(database), await new_delivery(database, event="job.progress")}
    await new_delivery(database, state="delivered")
    await new_delivery(database, job_id="job_2")

    await deliveries.hand_over("job_1")

    assert {delivery_id for _, delivery_id, _ in engine.started} == mine
