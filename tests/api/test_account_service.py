"""Accounts through gRPC: as their owner, as others, and as nobody."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.accounts.model import Plan
from server.api.account_convert import plan_message
from tests.accounts.tenants import UNLIMITED
from tests.accounts.token_maker import ec_key, token
from tests.api.account_house import Api
from zerokerf.errors import (
    ExportNotFound,
    InsufficientScope,
    InvalidParams,
    InvalidUrl,
    KeyNotFound,
    KeyRevoked,
    TokenExpired,
    Unauthenticated,
    ZerokerfError,
)
from zerokerf.v1 import account_pb2
from zerokerf.v1 import account_service_pb2 as pb


async def test_a_key_needs_the_scope_to_manage_others(api: Api) -> None:
    reader = api.as_((await api.key(scopes=["splits:read", "splits:write"])).secret)

    for request in requests("key_" + "0" * 20):
        with pytest.raises(InsufficientScope):
            await reader.call(request)


async def test_an_account_shows_its_plan(api: Api) -> None:
    own = (await api.call(pb.GetAccountRequest())).account
    other = (await api.as_(token(ec_key(), sub="acc_b")).call(pb.GetAccountRequest())).account

    assert (own.id, own.display_name, own.plan.id) == ("acc_a", "acc_a", UNLIMITED.id)
    assert (own.plan.api_keys, own.plan.HasField("overage_per_minute")) == (0, False)
    assert (other.id, other.plan.api_keys, other.plan.requests_per_minute) == ("acc_b", 2, 10)


async def test_usage_is_of_the_month_that_is_asked_for(api: Api) -> None:
    usage = (await api.call(pb.GetUsageRequest(period="2026-05"))).usage
    current = (await api.call(pb.GetUsageRequest())).usage

    assert usage.start_time.ToDatetime(UTC) == datetime(2026, 5, 1, tzinfo=UTC)
    assert usage.end_time.ToDatetime(UTC) == datetime(2026, 6, 1, tzinfo=UTC)
    assert (usage.audio_milliseconds, usage.jobs_completed, usage.plan.id) == (0, 0, "unlimited")
    assert current.start_time.ToDatetime(UTC) <= datetime.now(UTC) < current.end_time.ToDatetime(UTC)
    with pytest.raises(InvalidParams):
        await api.call(pb.GetUsageRequest(period="yesterday"))


async def test_an_archive_is_begun_once_and_found_again(api: Api) -> None:
    asked = pb.ExportAccountRequest(format=account_pb2.AccountExport.FORMAT_CSV, request_id="one")
    export = (await api.call(asked)).export

    assert (await api.call(asked)).export.id == export.id
    assert (await api.call(pb.GetAccountExportRequest(id=export.id))).export == export
    assert export.format == account_pb2.AccountExport.FORMAT_CSV
    assert export.state == account_pb2.AccountExport.STATE_PROCESSING
    assert export.HasField("estimate_time")
    assert set(api.engine.begun) == {export.id}
    with pytest.raises(ExportNotFound):
        await api.as_(token(ec_key(), sub="acc_b")).call(pb.GetAccountExportRequest(id=export.id))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"format": 99}, InvalidParams),
        ({"webhook_url": "http://example.com/"}, InvalidUrl),
        ({"webhook_url": "https://127.0.0.1/"}, InvalidUrl),
        ({"request_id": "\n"}, InvalidParams),
    ],
)
async def test_an_archive_that_breaks_a_rule_is_not_begun(
    api: Api, fields: dict[str, Any], error: type[ZerokerfError]
) -> None:
    with pytest.raises(error):
        await api.call(pb.ExportAccountRequest(**fields))

    assert api.engine.begun == []


@pytest.mark.parametrize("words", ["", "delete my account", "DELETE MY ACCOUNT ", "yes"])
async def test_an_account_is_not_deleted_by_mistake(api: Api, words: str) -> None:
    with pytest.raises(InvalidParams) as raised:
        await api.call(pb.DeleteAccountRequest(confirmation=words))

    assert list(raised.value.violations) == ["confirmation"]
    assert (await api.call(pb.GetAccountRequest())).account.id == "acc_a"


async def test_a_deleted_account_has_no_working_key_and_an_end(api: Api) -> None:
    secret = (await api.key()).secret

    answer = await api.call(pb.DeleteAccountRequest(confirmation="DELETE MY ACCOUNT"))

    in_days = answer.purge_time.ToDatetime(UTC) - datetime.now(UTC)
    assert timedelta(days=29) < in_days <= timedelta(days=30)
    assert api.engine.begun == ["acc_a"]
    with pytest.raises(KeyRevoked):
        await api.as_(secret).keys()


async def test_keys_of_other_accounts_are_not_found(api: Api) -> None:
    key = (await api.key()).key
    stranger = api.as_(token(ec_key(), sub="acc_b"))

    for request in requests(key.id):
        if "id" in request.DESCRIPTOR.fields_by_name and "Export" not in type(request).__name__:
            with pytest.raises(KeyNotFound):
                await stranger.call(request)

    assert await stranger.keys() == []
    assert (await api.call(pb.GetApiKeyRequest(id=key.id))).key == key


@pytest.mark.parametrize("bearer", ["", "as_live_sk_x", "a.b.c", token(ec_key(1)), token(ec_key(), aud="x")])
async def test_nobody_is_served_without_a_good_key_or_token(api: Api, bearer: str) -> None:
    for request in requests("key_" + "0" * 20):
        with pytest.raises(Unauthenticated):
            await api.as_(bearer).call(request)


async def test_whoever_is_known_may_ask_whether_they_are(api: Api) -> None:
    reader = api.as_((await api.key(scopes=["splits:read"])).secret)

    await reader.call(pb.CheckCallerRequest())
    await api.call(pb.CheckCallerRequest())
    with pytest.raises(Unauthenticated):
        await api.as_("as_live_sk_x").call(pb.CheckCallerRequest())


async def test_an_expired_token_is_told_so(api: Api) -> None:
    with pytest.raises(TokenExpired):
        await api.as_(token(ec_key(), exp=datetime.now(UTC) - timedelta(hours=1))).keys()


def test_every_field_of_a_plan_is_told() -> None:
    message = plan_message(Plan("p", "P", 1, 2, 3, 4, 5, 6, 7, 8, "eur"))

    assert [value for _, value in message.ListFields()] == ["p", "P", 1, 2, 3, 4, 5 * 3600, 6, 7, 8, "eur"]


def test_every_call_of_the_service_is_tried_by_strangers() -> None:
    service = pb.DESCRIPTOR.services_by_name["AccountService"]

    tried = {type(request).__name__ for request in requests("")} | {"CheckCallerRequest"}
    assert tried == {method.input_type.name for method in service.methods}


def requests(key_id: str) -> list[Any]:
    """One of each call of the service."""
    made = [pb.CreateApiKeyRequest(name="x"), pb.DeleteAccountRequest(confirmation="DELETE MY ACCOUNT")]
    made += [call(id=key_id) for call in _NAMING]
    return [*made, *(call() for call in _PLAIN)]


_NAMING: tuple[Callable[..., Any], ...] = (
    pb.GetApiKeyRequest,
    pb.UpdateApiKeyRequest,
    pb.RevokeApiKeyRequest,
    pb.RotateApiKeyRequest,
    pb.GetAccountExportRequest,
)
_PLAIN: tuple[Callable[..., Any], ...] = (
    pb.ListApiKeysRequest,
    pb.GetAccountRequest,
    pb.GetUsageRequest,
    pb.ExportAccountRequest,
)
