"""Bad callers and bad wishes of good ones: refused over REST and gRPC, with their reasons, and cheaply."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import jwt
import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.protobuf.message import Message

from server.accounts.dev_tokens import ISSUER, development_key
from tests.end_to_end.service import Service
from tests.end_to_end.tenants import Tenant, new_tenant
from tests.services.web import Site
from tests.webhooks.receiver import answers, receiving
from zerokerf.errors import InvalidParams, Unauthenticated, ZerokerfError
from zerokerf.status import from_rpc_error
from zerokerf.v1.account_service_pb2 import CreateApiKeyRequest, ExportAccountRequest, ListApiKeysRequest
from zerokerf.v1.account_service_pb2_grpc import AccountServiceStub
from zerokerf.v1.split_service_pb2 import CreateSplitRequest
from zerokerf.v1.split_service_pb2_grpc import SplitServiceStub

URL = "http://127.0.0.1:9/talk.wav"
BAD_CALLS = 10_000
AT_ONCE = 50
#: Of the server's processor, a call; what it takes to read a call and to answer it is most of it.
MOST_MS = 3.0


@pytest.fixture
async def tenant(service: Service) -> Tenant:
    return await new_tenant(service)


@pytest.fixture
async def channel(service: Service) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(service.deployment.grpc_address) as channel:
        yield channel


def signed(tenant: Tenant, **changes: object) -> str:
    """By the right key; None leaves a claim out."""
    now = datetime.now(UTC)
    claims = {"iss": ISSUER, "aud": "zerokerf", "iat": now, "exp": now + timedelta(hours=1)}
    claims |= {"sub": tenant.account_id, **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, development_key(tenant.service.deployment.data_dir), algorithm="ES256")


def by_another_key(tenant: Tenant) -> str:
    claims = jwt.decode(signed(tenant), options={"verify_signature": False})
    return jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")


def by_the_public_key(tenant: Tenant) -> str:
    """As if the key that everybody may have were a shared secret."""
    public = development_key(tenant.service.deployment.data_dir).public_key()
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    told = f"{encoded(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{signed(tenant).split('.')[1]}"
    return f"{told}.{encoded(hmac.new(secret, told.encode(), hashlib.sha256).digest())}"


def unsigned(tenant: Tenant) -> str:
    head = encoded(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    return f"{head}.{signed(tenant).split('.')[1]}."


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BAD_TOKENS: dict[str, tuple[Callable[[Tenant], str], str]] = {
    "malformed": (lambda _: "a.b.c", "UNAUTHORIZED"),
    "no token": (lambda _: "password", "UNAUTHORIZED"),
    "very long": (lambda tenant: signed(tenant) + "A" * 7000, "UNAUTHORIZED"),
    "alg none": (unsigned, "UNAUTHORIZED"),
    "HS256 by the public key": (by_the_public_key, "UNAUTHORIZED"),
    "another key": (by_another_key, "UNAUTHORIZED"),
    "expired": (lambda tenant: signed(tenant, exp=LONG_AGO), "TOKEN_EXPIRED"),
    "without an end": (lambda tenant: signed(tenant, exp=None), "UNAUTHORIZED"),
    "wrong audience": (lambda tenant: signed(tenant, aud="another"), "UNAUTHORIZED"),
    "without an audience": (lambda tenant: signed(tenant, aud=None), "UNAUTHORIZED"),
    "unknown account": (lambda tenant: signed(tenant, sub="acc_unknown"), "UNAUTHORIZED"),
    "without an account": (lambda tenant: signed(tenant, sub=None), "UNAUTHORIZED"),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_a_bad_token_is_refused(tenant: Tenant, channel: grpc.aio.Channel, name: str) -> None:
    make, code = BAD_TOKENS[name]
    header = f"Bearer {make(tenant)}"

    over_rest = tenant.service.http.get("/api/v1/api-keys", headers={"Authorization": header})
    over_grpc = await refusal(
        AccountServiceStub(channel).ListApiKeys, ListApiKeysRequest(), ("authorization", header)
    )

    assert (over_rest.status_code, over_rest.json()["error"]["code"]) == (401, code)
    assert isinstance(over_grpc, Unauthenticated)
    assert over_grpc.reason == code


def test_the_token_that_the_bad_ones_are_made_of_is_good(tenant: Tenant) -> None:
    headers = {"Authorization": f"Bearer {signed(tenant)}"}
    assert tenant.service.http.get("/api/v1/api-keys", headers=headers).status_code == 200


NAMED: dict[str, object] = {"name": "CI"}
BAD_KEYS: dict[str, tuple[dict[str, object], str]] = {
    "no name": ({}, "name"),
    "empty name": ({"name": ""}, "name"),
    "blank name": ({"name": "  "}, "name"),
    "long name": ({"name": "x" * 101}, "name"),
    "header in name": ({"name": "CI\r\nX-Evil: 1"}, "name"),
    "unknown scope": (NAMED | {"scopes": ["splits:read", "admin"]}, "scopes[1]"),
    "no scope": (NAMED | {"scopes": []}, "scopes"),
    "scopes as text": (NAMED | {"scopes": "splits:read"}, "scopes"),
    "past expiry": (NAMED | {"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
    "expiry without zone": (NAMED | {"expiresAt": "2999-01-01T00:00:00"}, "expiresAt"),
    "no time": (NAMED | {"expiresAt": "tomorrow"}, "expiresAt"),
    "unknown field": (NAMED | {"admin": True}, "admin"),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_key_that_breaks_a_rule_is_not_made(tenant: Tenant, name: str) -> None:
    fields, named = BAD_KEYS[name]

    answer = tenant.rest.call("POST", "/api-keys", json=fields)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PARAMS")
    assert [field.partition("[")[0] for field in answer.json()["error"]["details"]] == [
        named.partition("[")[0]
    ]
    assert "x-evil" not in answer.headers
    assert len(tenant.rest.call("GET", "/api-keys").json()["data"]) == 1


def _past() -> CreateApiKeyRequest:
    request = CreateApiKeyRequest(name="CI")
    request.expire_time.FromDatetime(LONG_AGO)
    return request


BAD_KEY_REQUESTS = {
    "name": CreateApiKeyRequest(),
    "header in name": CreateApiKeyRequest(name="CI\r\nx-evil: 1"),
    "scopes": CreateApiKeyRequest(name="CI", scopes=["admin"]),
    "expire_time": _past(),
}


@pytest.mark.parametrize("name", BAD_KEY_REQUESTS)
async def test_over_grpc_neither(tenant: Tenant, channel: grpc.aio.Channel, name: str) -> None:
    call = AccountServiceStub(channel).CreateApiKey

    error = await refusal(call, BAD_KEY_REQUESTS[name], ("x-api-key", tenant.key))

    assert isinstance(error, InvalidParams)
    assert list(error.violations) == [name.rpartition(" ")[2]]


BAD_HOOKS = {
    "private": "https://10.0.0.1/hook",
    "metadata service": "https://169.254.169.254/hook",
    "loopback of IPv6": "https://[::1]/hook",
    "with a password": "https://user:secret@hooks.example.com/hook",
    "with a name": "https://user@hooks.example.com/hook",
    "port of a shell": "https://hooks.example.com:22/hook",
    "port of mail": "https://hooks.example.com:25/hook",
    "plain": "http://hooks.example.com/hook",
    "header in it": "https://hooks.example.com/a\r\nX-Evil: 1",
    "no host": "https:///hook",
}


@pytest.mark.parametrize("name", BAD_HOOKS)
async def test_webhooks_go_nowhere_else(tenant: Tenant, channel: grpc.aio.Channel, name: str) -> None:
    hook, rest, key = BAD_HOOKS[name], tenant.rest, ("x-api-key", tenant.key)
    body = {"sourceUrl": URL, "splitMode": "duration", "segmentDuration": 2, "webhookUrl": hook}
    split = CreateSplitRequest(webhook_url=hook)
    split.source.url = URL
    split.mode.duration.segment_duration.seconds = 2

    for answer in (
        rest.call("POST", "/splits", json=body),
        rest.call("POST", "/account/export", json={"webhookUrl": hook}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_URL"), answer.text
    for call, request in (
        (SplitServiceStub(channel).CreateSplit, split),
        (AccountServiceStub(channel).ExportAccount, ExportAccountRequest(webhook_url=hook)),
    ):
        error = await refusal(call, request, key)
        assert (error.reason, list(getattr(error, "violations", ()))) == ("INVALID_URL", ["webhook_url"])
    headers = {"Authorization": f"Bearer {tenant.key}"}
    batch = {"input_url": "https://127.0.0.1:1/a.mp3", "transcription_config": {}, "webhook_url": hook}
    assert tenant.service.http.post("/v1/batch/jobs", json=batch, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "metadata", [{f"key{index}": "x" for index in range(51)}, {"a": "x" * 17_000}], ids=["many", "17 KB"]
)
async def test_metadata_has_its_limits_over_grpc_too(
    tenant: Tenant, channel: grpc.aio.Channel, metadata: dict[str, str]
) -> None:
    request = CreateSplitRequest()
    request.source.url = URL
    request.mode.duration.segment_duration.seconds = 2
    request.metadata.update(metadata)

    error = await refusal(SplitServiceStub(channel).CreateSplit, request, ("x-api-key", tenant.key))

    assert isinstance(error, InvalidParams)
    assert list(error.violations) == ["metadata"]


async def test_what_is_said_in_metadata_and_names_gets_into_no_header(tenant: Tenant, site: Site) -> None:
    metadata = {"a\r\nX-Evil: 1": "b\r\nX-Evil: 1"}
    async with receiving(answers(200)) as receiver:
        job = await asyncio.to_thread(
            lambda: tenant.rest.create(
                f"{site.url}/missing.wav?x=%0d%0aX-Evil:1", metadata=metadata, webhookUrl=receiver.url
            )
        )
        await receiver.until(1)
    told = await asyncio.to_thread(tenant.rest.call, "GET", f"/splits/{job['id']}")
    upload = tenant.rest.call("POST", "/uploads", json={"fileName": "a\r\nX-Evil: 1.wav"})

    assert told.json()["metadata"] == metadata
    assert "x-evil" not in receiver.received[0].headers
    assert all("x-evil" not in answer.headers for answer in (told, upload))


async def test_ten_thousand_calls_with_bad_keys_cost_little_and_keep_nobody_out(
    tenant: Tenant, channel: grpc.aio.Channel
) -> None:
    process = psutil.Process(listener(tenant.service.deployment.grpc_address))
    call = AccountServiceStub(channel).ListApiKeys
    turns = iter(range(BAD_CALLS))
    began_s = sum(process.cpu_times()[:2])

    async def keep_calling() -> None:
        for turn in turns:
            error = await refusal(call, ListApiKeysRequest(), ("x-api-key", f"as_live_sk_wrong{turn}"))
            assert isinstance(error, Unauthenticated)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(keep_calling())
        served = await asyncio.to_thread(tenant.rest.call, "GET", "/splits")

    cost_ms = 1000 * (sum(process.cpu_times()[:2]) - began_s) / BAD_CALLS
    assert served.status_code == 200
    assert cost_ms < MOST_MS


def listener(address: str) -> int:
    """The process that listens there."""
    port = int(address.rpartition(":")[2])
    connections = psutil.net_connections("tcp")
    (pid,) = {
        each.pid
        for each in connections
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port
    }
    assert pid is not None
    return pid


async def refusal(call: Any, request: Message, identity: tuple[str, str]) -> ZerokerfError:  # noqa: ANN401 - a method of a stub
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(request, metadata=(identity,))
    return from_rpc_error(refused.value)
