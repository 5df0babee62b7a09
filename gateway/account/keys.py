"""The endpoints of API keys. A secret is shown where it is made, and nowhere else."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response
from fastapi.responses import JSONResponse
from google.protobuf.timestamp_pb2 import Timestamp
from typing_extensions import TypedDict

from gateway.account.bodies import CreateKeyBody, UpdateKeyBody, proto_time
from gateway.backend import AnyCaller, Caller, RequestId, caller_of, is_id, shown_id
from gateway.bodies import validated
from gateway.splits.answers import timestamp
from gateway.strict_json import JsonObject, json_object
from zerokerf.errors import KeyNotFound
from zerokerf.v1 import account_service_pb2 as pb
from zerokerf.v1.account_pb2 import ApiKey


class KeyJson(TypedDict):
    """A key as a list shows it, without its secret."""

    id: str
    name: str
    keyPreview: str
    scopes: list[str]
    lastUsedAt: str | None
    createdAt: str
    expiresAt: str | None


class KeyDetailsJson(KeyJson):
    usageCount: int


class UpdatedKeyJson(KeyJson):
    updatedAt: str


class CreatedKeyJson(TypedDict):
    """`key` is null when a request is repeated: its secret was shown once."""

    id: str
    name: str
    key: str | None
    scopes: list[str]
    createdAt: str
    expiresAt: str | None


class RotatedKeyJson(TypedDict):
    id: str
    name: str
    key: str
    scopes: list[str]
    rotatedAt: str
    createdAt: str


class KeysJson(TypedDict):
    data: list[KeyJson]


async def key_id_of(
    _: Annotated[Caller, Depends(caller_of)],
    key_id: Annotated[str, Path(alias="keyId", description="The id of the key.", examples=["key_abc123"])],
) -> str:
    """Raises KeyNotFound for what cannot be an id."""
    if not is_id(key_id):
        raise KeyNotFound(shown_id(key_id))
    return key_id


KeyId = Annotated[str, Depends(key_id_of)]


async def create_key(request: Request, caller: AnyCaller, request_id: RequestId = "") -> Response:
    config = caller.backend.config
    fields = await json_object(request, config.max_body_bytes, config.idle_timeout_s)
    answer = await caller.backend.accounts.CreateApiKey(
        _creation(validated(CreateKeyBody, fields), request_id),
        metadata=caller.metadata,
        timeout=caller.timeout_s,
    )
    key = answer.key
    return JSONResponse(
        CreatedKeyJson(
            id=key.id,
            name=key.name,
            key=answer.secret or None,
            scopes=list(key.scopes),
            createdAt=timestamp(key.create_time),
            expiresAt=_time(key, "expire_time"),
        ),
        201,
    )


async def list_keys(caller: AnyCaller) -> Response:
    answer = await caller.backend.accounts.ListApiKeys(
        pb.ListApiKeysRequest(), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(KeysJson(data=[key_json(key) for key in answer.keys]))


async def get_key(caller: AnyCaller, key_id: KeyId) -> Response:
    answer = await caller.backend.accounts.GetApiKey(
        pb.GetApiKeyRequest(id=key_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(KeyDetailsJson(**key_json(answer.key), usageCount=answer.key.use_count))


async def update_key(request: Request, caller: AnyCaller, key_id: KeyId) -> Response:
    config = caller.backend.config
    fields = await json_object(request, config.max_body_bytes, config.idle_timeout_s)
    answer = await caller.backend.accounts.UpdateApiKey(
        _change(key_id, fields), metadata=caller.metadata, timeout=caller.timeout_s
    )
    key = answer.key
    updated_at = timestamp(key.update_time if key.HasField("update_time") else key.create_time)
    return JSONResponse(UpdatedKeyJson(**key_json(key), updatedAt=updated_at))


async def revoke_key(caller: AnyCaller, key_id: KeyId) -> Response:
    await caller.backend.accounts.RevokeApiKey(
        pb.RevokeApiKeyRequest(id=key_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return Response(status_code=204)


async def rotate_key(caller: AnyCaller, key_id: KeyId) -> Response:
    answer = await caller.backend.accounts.RotateApiKey(
        pb.RotateApiKeyRequest(id=key_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    key = answer.key
    return JSONResponse(
        RotatedKeyJson(
            id=key.id,
            name=key.name,
            key=answer.secret,
            scopes=list(key.scopes),
            rotatedAt=timestamp(key.rotate_time),
            createdAt=timestamp(key.create_time),
        )
    )


def key_json(key: ApiKey) -> KeyJson:
    return KeyJson(
        id=key.id,
        name=key.name,
        keyPreview=key.preview,
        scopes=list(key.scopes),
        lastUsedAt=_time(key, "last_use_time"),
        createdAt=timestamp(key.create_time),
        expiresAt=_time(key, "expire_time"),
    )


def _creation(body: CreateKeyBody, request_id: str) -> pb.CreateApiKeyRequest:
    return pb.CreateApiKeyRequest(
        name=body.name,
        scopes=body.scopes or (),
        expire_time=proto_time(body.expiresAt),
        test=body.environment == "test",
        request_id=request_id,
    )


def _change(key_id: str, fields: JsonObject) -> pb.UpdateApiKeyRequest:
    """Of the three, only the expiry can be taken away; null is the same as absent for the others."""
    body = validated(UpdateKeyBody, fields)
    change = pb.UpdateApiKeyRequest(id=key_id, name=body.name, expire_time=proto_time(body.expiresAt))
    if body.scopes is not None:
        change.scopes.scopes.extend(body.scopes)
    if body.expiresAt is None and "expiresAt" in fields:
        change.never_expires = True
    return change


def _time(key: ApiKey, field: str) -> str | None:
    if not key.HasField(field):  # type: ignore[arg-type]  # the names of the callers are fields
        return None
    time: Timestamp = getattr(key, field)
    return timestamp(time)
