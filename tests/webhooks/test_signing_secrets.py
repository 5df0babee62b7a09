"""One secret an account, made when it is needed; after a rotation two are valid for a day."""

import asyncio
import base64
import re

import pytest

from server.database.open import Database
from server.webhooks.model import Secrets
from server.webhooks.signing_secrets import SigningSecrets
from tests.webhooks.deliveries import Hand, new_account
from zerokerf.errors import Unauthenticated


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
async def secrets(database: Database, hand: Hand) -> SigningSecrets:
    await new_account(database)
    return SigningSecrets(database, hand)


async def test_it_is_made_once(secrets: SigningSecrets) -> None:
    made = await asyncio.gather(*(secrets.of("acc_a") for _ in range(10)))
    await secrets._make("acc_a")  # by somebody who saw none a moment ago
    made.append(await secrets.of("acc_a"))

    assert len(set(made)) == 1
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]+=*", made[0].current)
    assert len(base64.b64decode(made[0].current.removeprefix("whsec_"), validate=True)) == 32


async def test_after_a_rotation_the_old_one_is_valid_for_a_day(secrets: SigningSecrets, hand: Hand) -> None:
    old = (await secrets.of("acc_a")).current
    rotated = await secrets.rotate("acc_a")

    assert rotated.previous == old != rotated.current
    hand.turn(hours=23.99)
    assert await secrets.of("acc_a") == rotated
    hand.turn(hours=0.01)
    assert await secrets.of("acc_a") == Secrets(rotated.current)


async def test_a_secret_that_has_become_known_can_end_at_once(secrets: SigningSecrets) -> None:
    await secrets.of("acc_a")
    first = await secrets.rotate("acc_a")
    second = await secrets.rotate("acc_a", end_previous_now=True)

    assert second.previous is None
    assert await secrets.of("acc_a") == second != first


async def test_without_an_account_there_is_no_secret(secrets: SigningSecrets) -> None:
    with pytest.raises(Unauthenticated):
        await secrets.of("acc_b")
    with pytest.raises(Unauthenticated):
        await secrets.rotate("acc_b")
