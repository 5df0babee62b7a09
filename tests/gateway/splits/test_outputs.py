"""What segments are to be, an extension: passed on exactly, and refused by the path of the field."""

from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict

from gateway.fields import json_name
from tests.gateway.memory_service import MemoryService
from tests.gateway.splits.recipes import GOOD, SPLITS
from zerokerf.errors import InvalidParams
from zerokerf.v1.split_pb2 import EncodeOptions, TagOptions

pytestmark = pytest.mark.asyncio(loop_scope="session")


ALL_ENCODING = {"bitRate": 64000, "sampleRate": 22050, "channels": 1, "bitDepth": 16}

WISHES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"encoding": ALL_ENCODING}, {"encoding": ALL_ENCODING}),
    ({"encoding": {"quality": 4}}, {"encoding": {"quality": 4.0}}),
    ({"encoding": {"quality": -0.5}}, {"encoding": {"quality": -0.5}}),
    ({"encoding": {"quality": 0}}, {"encoding": {"quality": 0.0}}),
    ({"encoding": {"channels": 2, "bitRate": None}}, {"encoding": {"channels": 2}}),
    ({"encoding": {}}, {"encoding": {}}),
    ({"encoding": None, "tags": None, "verification": None, "strict": None}, {}),
    ({"tags": "copy"}, {}),
    ({"tags": "none"}, {"tags": {"policy": "POLICY_NONE"}}),
    ({"tags": {"title": "{title} {n:02}"}}, {"tags": {"title": "{title} {n:02}"}}),
    ({"verification": "edges"}, {"verification": "VERIFICATION_EDGES"}),
    ({"verification": "full"}, {"verification": "VERIFICATION_FULL"}),
    ({"strict": True}, {"strict": True}),
    ({"strict": False}, {}),
]


@pytest.mark.parametrize(("asked", "sent"), WISHES, ids=str)
async def test_what_is_asked_is_passed_on_and_adds_no_field_to_the_job(
    http: httpx.AsyncClient, service: MemoryService, asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    answer = await http.post(SPLITS, json=GOOD | asked)

    assert answer.status_code == 201, answer.text
    request = MessageToDict(service.requests[0])
    assert {name: request[name] for name in request if name not in ("source", "mode")} == sent
    assert list(answer.json()) == ["id", "status", "splitMode", "segmentDuration", "createdAt"]


BAD_WISHES: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"encoding": "mp3"}, {"encoding": "Must be an object."}),
    ({"encoding": {"bitRate": "128k"}}, {"encoding.bitRate": "Must be a whole number."}),
    ({"encoding": {"bitRate": 1.5}}, {"encoding.bitRate": "Must be a whole number."}),
    ({"encoding": {"channels": True}}, {"encoding.channels": "Must be a whole number."}),
    ({"encoding": {"channels": 0}}, {"encoding.channels": "Must be greater than or equal to 1."}),
    (
        {"encoding": {"sampleRate": 2**31}},
        {"encoding.sampleRate": "Must be less than or equal to 2147483647."},
    ),
    ({"encoding": {"quality": "best"}}, {"encoding.quality": "Must be a number."}),
    ({"encoding": {"quality": False}}, {"encoding.quality": "Must be a number."}),
    ({"encoding": {"quality": 10**400}}, {"encoding.quality": "Must be at most 9007199254740991."}),
    (
        {"encoding": {"bitrate": 1, "bitDepth": "x"}},
        {"encoding.bitrate": "There is no such field.", "encoding.bitDepth": "Must be a whole number."},
    ),
    ({"tags": "all"}, {"tags": 'Must be "copy", "none" or an object with a title.'}),
    ({"tags": ["copy"]}, {"tags": 'Must be "copy", "none" or an object with a title.'}),
    ({"tags": True}, {"tags": 'Must be "copy", "none" or an object with a title.'}),
    ({"tags": {}}, {"tags.title": "This field is required."}),
    ({"tags": {"title": ""}}, {"tags.title": "Must not be empty."}),
    ({"tags": {"title": 7}}, {"tags.title": "Must be a string."}),
    ({"tags": {"title": "a", "artist": "b"}}, {"tags.artist": "There is no such field."}),
    ({"verification": "none"}, {"verification": "Must be 'edges' or 'full'."}),
    ({"verification": 1}, {"verification": "Must be 'edges' or 'full'."}),
    ({"strict": "true"}, {"strict": "Must be true or false."}),
    ({"strict": 1}, {"strict": "Must be true or false."}),
]


@pytest.mark.parametrize(("asked", "details"), BAD_WISHES, ids=str)
async def test_what_cannot_be_meant_is_named_by_its_path(
    http: httpx.AsyncClient, service: MemoryService, asked: dict[str, Any], details: dict[str, str]
) -> None:
    answer = await http.post(SPLITS, json=GOOD | asked)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "INVALID_PARAMS")
    assert error["details"] == details
    assert not service.requests


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("encoding.bit_rate", "encoding.bitRate"),
        ("encoding.quality", "encoding.quality"),
        ("tags.policy", "tags"),
        ("tags.title", "tags.title"),
    ],
)
async def test_what_the_server_refuses_is_named_by_its_path_too(
    http: httpx.AsyncClient, service: MemoryService, field: str, name: str
) -> None:
    service.fails_with = InvalidParams({field: "Not so."})

    answer = await http.post(SPLITS, json=GOOD)

    assert answer.json()["error"]["details"] == {name: "Not so."}


async def test_every_option_has_a_path_of_its_own_in_json() -> None:
    fields = [f"encoding.{field.name}" for field in EncodeOptions.DESCRIPTOR.fields]
    fields += [f"tags.{field.name}" for field in TagOptions.DESCRIPTOR.fields if field.name != "policy"]

    names = [json_name(field) for field in fields]

    assert len(set(names)) == len(fields)
    assert all("." in name for name in names)
