"""Keys through gRPC, as their owner makes, changes and ends them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.accounts.token_maker import ec_key, token
from tests.api.account_house import Api
from zerokerf.errors import (
    IdempotencyConflict,
    InvalidParams,
    KeyRevoked,
    ScopeBeyondOwn,
    TooManyKeys,
    Unauthenticated,
)
from zerokerf.v1 import account_service_pb2 as pb

ALL = ["batch:read", "batch:write", "keys:manage", "splits:read", "splits:write"]
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


def moment(at: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(at)
    return message


async def test_a_key_is_made_shown_changed_renewed_and_revoked(api: Api) -> None:
    made = await api.key(scopes=["splits:read", "keys:manage"], expire_time=moment(SOON))
    key = made.key
    assert (key.name, list(key.scopes), key.test) == ("CI", ["keys:manage", "splits:read"], False)
    assert key.expire_time.ToDatetime(UTC) == SOON
    assert (await api.call(pb.GetApiKeyRequest(id=key.id))).key == key
    assert await api.as_(made.secret).keys() == [key.id]

    changed = await api.call(pb.UpdateApiKeyRequest(id=key.id, name="New", never_expires=True))
    assert (changed.key.name, list(changed.key.scopes)) == ("New", list(key.scopes))
    assert not changed.key.HasField("expire_time")
    assert changed.key.HasField("update_time")

    renewed = await api.call(pb.RotateApiKeyRequest(id=key.id))
    assert renewed.key.HasField("rotate_time")
    with pytest.raises(Unauthenticated):
        await api.as_(made.secret).keys()
    assert await api.as_(renewed.secret).keys() == [key.id]

    await api.call(pb.RevokeApiKeyRequest(id=key.id))
    assert await api.keys() == []
    with pytest.raises(KeyRevoked):
        await api.as_(renewed.secret).keys()


async def test_a_key_without_wishes_has_every_scope_and_no_end(api: Api) -> None:
    key = (await api.key()).key

    assert list(key.scopes) == ALL
    assert not key.HasField("expire_time")
    assert (key.use_count, key.HasField("last_use_time")) == (0, False)


async def test_a_test_key_says_so(api: Api) -> None:
    made = await api.key(test=True)

    assert made.key.test
    assert made.secret.startswith("as_test_sk_")


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("name", {"name": ""}),
        ("name", {"name": " \u3000"}),
        ("name", {"name": "a" * 101}),
        ("name", {"name": "a\r\nx-admin: 1"}),
        ("name", {"name": "a\0"}),
        ("name", {"name": "\u2028a"}),
        ("scopes", {"scopes": ["splits:delete"]}),
        ("scopes", {"scopes": ["splits:read", ""]}),
        ("scopes", {"scopes": ["SPLITS:READ"]}),
        ("scopes", {"scopes": ["x" * 100_000]}),
        ("expire_time", {"expire_time": moment(datetime.now(UTC) - timedelta(seconds=1))}),
        ("expire_time", {"expire_time": Timestamp()}),
        ("expire_time", {"expire_time": Timestamp(seconds=2**62)}),
        ("expire_time", {"expire_time": Timestamp(seconds=-(2**62), nanos=-5)}),
        ("request_id", {"request_id": "r" * 129}),
        ("request_id", {"request_id": "a\nb"}),
    ],
)
async def test_a_field_that_breaks_a_rule_is_named(api: Api, field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidParams) as raised:
        await api.key(**fields)

    assert list(raised.value.violations) == [field]
    assert len(raised.value.sentence) < 300
    assert await api.keys() == []


@pytest.mark.parametrize("name", ["a", "a" * 100, "Büro / 東京 🎧", "'; DROP TABLE api_keys; --", "%s{0}"])
async def test_names_come_back_as_they_were(api: Api, name: str) -> None:
    assert (await api.key(name=name)).key.name == name


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", lambda: {"name": ""}),
        ("scopes", lambda: {"scopes": pb.ScopeList()}),
        ("scopes", lambda: {"scopes": pb.ScopeList(scopes=["nothing"])}),
        ("expire_time", lambda: {"expire_time": Timestamp(seconds=1)}),
    ],
)
async def test_a_change_that_breaks_a_rule_changes_nothing(
    api: Api, field: str, change: Callable[[], dict[str, Any]]
) -> None:
    key = (await api.key()).key

    with pytest.raises(InvalidParams) as raised:
        await api.call(pb.UpdateApiKeyRequest(id=key.id, **change()))

    assert list(raised.value.violations) == [field]
    assert (await api.call(pb.GetApiKeyRequest(id=key.id))).key == key


async def test_a_repeated_request_makes_one_key(api: Api) -> None:
    first = await api.key(request_id="one", expire_time=moment(SOON))

    again = await api.key(request_id="one", expire_time=moment(SOON))

    assert (again.key, again.secret) == (first.key, "")
    with pytest.raises(IdempotencyConflict):
        await api.key(request_id="one", expire_time=moment(SOON + timedelta(seconds=1)))
    assert len(await api.keys()) == 1


async def test_a_plan_allows_so_many_keys(api: Api) -> None:
    small = api.as_(token(ec_key(), sub="acc_b"))
    for _ in range(2):
        await small.key()

    with pytest.raises(TooManyKeys):
        await small.key()


async def test_a_key_manages_no_key_that_may_do_more(api: Api) -> None:
    made = await api.key()
    manager = api.as_((await api.key(scopes=["keys:manage"])).secret)

    for request in (
        pb.CreateApiKeyRequest(name="x"),
        pb.UpdateApiKeyRequest(id=made.key.id, name="x"),
        pb.RotateApiKeyRequest(id=made.key.id),
        pb.RevokeApiKeyRequest(id=made.key.id),
    ):
        with pytest.raises(ScopeBeyondOwn):
            await manager.call(request)
    assert (await api.call(pb.GetApiKeyRequest(id=made.key.id))).key.name == "CI"
