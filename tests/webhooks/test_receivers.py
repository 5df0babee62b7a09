"""Receivers written from the documentation believe real deliveries, and no others."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from server.database.open import Database
from server.webhooks import payload
from server.webhooks.delivery_records import DeliveryRecords
from server.webhooks.model import Attempt
from server.webhooks.sending import Sender
from server.webhooks.signing_secrets import SigningSecrets
from tests.webhooks.deliveries import BEGINNING, new_account, new_delivery
from tests.webhooks.node import node_receiver
from tests.webhooks.receiver import Received, answers, loopback_post, receiving

#: What JavaScript puts into another order, or writes in another way, than most.
METADATA = {"z": "é\u2028/", "10": 1e21, "2": -0.0, "a": [0.1, 5.0, "\ud800"], "n": None}
BODY = payload.job_body(
    "job.completed", "job_1", BEGINNING, payload.split_completed("duration", 1500, [], METADATA)
)


@pytest.fixture
async def secrets(database: Database) -> SigningSecrets:
    await new_account(database)
    return SigningSecrets(database)


async def deliver(database: Database, secrets: SigningSecrets, url: str) -> Attempt:
    records = DeliveryRecords(database)
    delivery = await records.load(await new_delivery(database, url=url))
    assert delivery is not None
    return await Sender(loopback_post(), secrets).send(delivery, BODY)


async def receive(database: Database, secrets: SigningSecrets) -> Received:
    async with receiving(answers(200)) as receiver:
        assert (await deliver(database, secrets, receiver.url)).succeeded
    return receiver.received[0]


def is_real(got: Received, secret: str) -> bool:
    """As documented for Python: over the bytes as they came."""
    expected = hmac.new(secret.encode(), got.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, got.headers["x-audiospliter-signature"])


async def test_node_verifies_the_body_that_it_wrote_again(
    database: Database, secrets: SigningSecrets
) -> None:
    async with node_receiver((await secrets.of("acc_a")).current) as (url, seen):
        attempt = await deliver(database, secrets, url)
        said: dict[str, Any] = json.loads(await seen.readline())

    assert attempt.status == 200
    assert said["real"] is True
    assert said["payload"] == json.loads(BODY)


async def test_node_refuses_what_another_secret_signed(database: Database, secrets: SigningSecrets) -> None:
    async with node_receiver("whsec_AAAA") as (url, _):
        attempt = await deliver(database, secrets, url)

    assert attempt.status == 401


async def test_python_verifies_the_raw_body(database: Database, secrets: SigningSecrets) -> None:
    got = await receive(database, secrets)

    assert got.body.decode() == BODY
    assert is_real(got, (await secrets.of("acc_a")).current)
    assert not is_real(got, "whsec_AAAA")


async def test_the_library_of_the_standard_verifies(database: Database, secrets: SigningSecrets) -> None:
    got = await receive(database, secrets)
    verifier = Webhook((await secrets.of("acc_a")).current)

    assert verifier.verify(got.body, got.headers) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        verifier.verify(got.body, got.headers | {"webhook-timestamp": "1700000000"})
    with pytest.raises(WebhookVerificationError):
        verifier.verify(got.body + b" ", got.headers)


async def test_the_documented_headers_are_there(database: Database, secrets: SigningSecrets) -> None:
    headers = (await receive(database, secrets)).headers

    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == "AudioSpliter-Webhook/1.0"
    assert headers["x-audiospliter-event"] == "job.completed"
    assert headers["x-audiospliter-delivery"] == headers["webhook-id"]
    assert headers["webhook-id"].startswith("dlv_")


async def test_after_a_rotation_receivers_with_either_secret_go_on(
    database: Database, secrets: SigningSecrets
) -> None:
    old = (await secrets.of("acc_a")).current
    new = (await secrets.rotate("acc_a")).current

    got = await receive(database, secrets)

    assert is_real(got, old)
    for secret in (old, new):
        assert Webhook(secret).verify(got.body, got.headers) == json.loads(BODY)


async def test_after_a_rotation_at_once_only_the_new_secret_signs(
    database: Database, secrets: SigningSecrets
) -> None:
    old = (await secrets.of("acc_a")).current
    new = (await secrets.rotate("acc_a", end_previous_now=True)).current

    got = await receive(database, secrets)

    assert is_real(got, new)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(got.body, got.headers)
