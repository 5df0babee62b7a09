"""What is on record of deliveries decides what is sent, how often, and to whom no more."""

import asyncio
from datetime import timedelta

import pytest

from server.database.open import Database
from server.webhooks.delivery_records import MOST_ATTEMPTS_KEPT, DeliveryRecords
from server.webhooks.endpoints import Endpoints
from server.webhooks.model import Attempt, Delivery, DeliveryState, Endpoint
from tests.webhooks.deliveries import BEGINNING, URL, Hand, new_delivery
from zerokerf.errors import EndpointNotFound

GOOD = Attempt(BEGINNING, 204, took_ms=12)
BAD = Attempt(BEGINNING, 500, answer="no\x00\ufffd", took_ms=3)
NONE = Attempt(BEGINNING, error="There was no answer within 30 s.", took_ms=30_000)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def records(database: Database, hand: Hand) -> DeliveryRecords:
    return DeliveryRecords(database, hand)


@pytest.fixture
def endpoints(database: Database) -> Endpoints:
    return Endpoints(database)


async def loaded(records: DeliveryRecords, delivery_id: str) -> Delivery:
    found = await records.load(delivery_id)
    assert found is not None
    return found


async def exhaust(records: DeliveryRecords, database: Database, **columns: object) -> str:
    delivery_id = await new_delivery(database, **columns)
    await records.record_attempt(await loaded(records, delivery_id), BAD, None)
    return delivery_id


async def test_the_first_body_stays(records: DeliveryRecords, database: Database) -> None:
    delivery_id = await new_delivery(database)

    bodies = await asyncio.gather(*(records.put_body(delivery_id, f'"{n}é\u2028"') for n in range(5)))

    assert len(set(bodies)) == 1
    assert (await loaded(records, delivery_id)).body == bodies[0]


async def test_a_2xx_delivers(records: DeliveryRecords, database: Database, hand: Hand) -> None:
    delivery_id = await new_delivery(database)

    await records.record_attempt(await loaded(records, delivery_id), GOOD, 60)

    found = await loaded(records, delivery_id)
    assert found.state is DeliveryState.DELIVERED
    assert found.ended_at == hand.now
    assert found.next_attempt_at is None
    assert found.attempts == (GOOD,)


async def test_a_failure_waits_from_now_and_the_last_one_is_the_end(
    records: DeliveryRecords, database: Database, hand: Hand
) -> None:
    delivery_id = await new_delivery(database)
    hand.turn(seconds=40)

    first = await records.record_attempt(await loaded(records, delivery_id), BAD, 60)
    last = await records.record_attempt(await loaded(records, delivery_id), NONE, None)

    assert first is not None
    assert last is not None
    assert (first.state, first.next_attempt_at) == (DeliveryState.PENDING, hand.now + timedelta(seconds=60))
    assert (last.state, last.next_attempt_at, last.attempts) == (DeliveryState.FAILED, None, (BAD, NONE))


async def test_an_attempt_that_is_on_record_is_not_recorded_again(
    records: DeliveryRecords, database: Database
) -> None:
    before = await loaded(records, await new_delivery(database))

    await records.record_attempt(before, BAD, 60)
    again = await records.record_attempt(before, GOOD, 60)

    assert again is not None
    assert again.attempts == (BAD,)
    assert again.state is DeliveryState.PENDING


async def test_what_was_stopped_during_an_attempt_stays_stopped(
    records: DeliveryRecords, database: Database
) -> None:
    before = await loaded(records, await new_delivery(database))
    await records.stop(before.id)

    await records.record_attempt(before, GOOD, 60)

    assert (await loaded(records, before.id)).state is DeliveryState.STOPPED


async def test_of_many_attempts_the_last_ones_are_kept(records: DeliveryRecords, database: Database) -> None:
    delivery_id = await new_delivery(database)

    for number in range(MOST_ATTEMPTS_KEPT + 3):
        attempt = Attempt(BEGINNING, 500, took_ms=number)
        await records.record_attempt(await loaded(records, delivery_id), attempt, 1)

    found = await loaded(records, delivery_id)
    assert [each.took_ms for each in found.attempts] == list(range(3, MOST_ATTEMPTS_KEPT + 3))
    assert found.round_attempts == MOST_ATTEMPTS_KEPT + 3


async def test_due_are_those_whose_time_has_come_oldest_first(
    records: DeliveryRecords, database: Database, hand: Hand
) -> None:
    later = BEGINNING + timedelta(hours=1)
    second = await new_delivery(database, created_at=BEGINNING + timedelta(seconds=1))
    first = await new_delivery(database)
    await new_delivery(database, next_attempt_at=later)
    await new_delivery(database, state="delivered", next_attempt_at=None)
    hand.turn(seconds=2)

    (page,) = await records.due(1)
    rest = await records.due(10, page)

    assert page.id == first
    assert [ref.id for ref in rest] == [second]
    assert {ref.id for ref in await records.pending_of("job_1")} > {first, second}
    hand.now = later
    assert len(await records.due(10)) == 3


async def test_three_failed_events_in_a_row_disable_an_address_until_it_is_enabled(
    records: DeliveryRecords, endpoints: Endpoints, database: Database, hand: Hand
) -> None:
    for _ in range(3):
        await exhaust(records, database)
    await exhaust(records, database, url="https://hooks.example.com/b")
    await exhaust(records, database, account_id="acc_b")

    assert await endpoints.troubled("acc_a") == (
        Endpoint(URL, 3, hand.now),
        Endpoint("https://hooks.example.com/b", 1),
    )
    assert await endpoints.enable("acc_a", URL) == Endpoint(URL)
    assert [each.url for each in await endpoints.troubled("acc_a")] == ["https://hooks.example.com/b"]
    assert await endpoints.troubled("acc_b") == (Endpoint(URL, 1),)


async def test_a_success_between_failures_counts_anew(
    records: DeliveryRecords, endpoints: Endpoints, database: Database
) -> None:
    await exhaust(records, database)
    await exhaust(records, database)
    await records.record_attempt(await loaded(records, await new_delivery(database)), GOOD, None)
    await exhaust(records, database)

    assert await endpoints.troubled("acc_a") == (Endpoint(URL, 1),)


async def test_sent_again_by_hand_an_event_does_not_count_twice(
    records: DeliveryRecords, endpoints: Endpoints, database: Database
) -> None:
    await exhaust(records, database, rounds=2)

    assert await endpoints.troubled("acc_a") == ()


async def test_only_an_address_of_the_account_can_be_enabled(
    endpoints: Endpoints, database: Database
) -> None:
    await new_delivery(database)

    assert await endpoints.enable("acc_a", URL) == Endpoint(URL)
    with pytest.raises(EndpointNotFound):
        await endpoints.enable("acc_b", URL)
    with pytest.raises(EndpointNotFound):
        await endpoints.enable("acc_a", "https://other.example.com/\x00")
