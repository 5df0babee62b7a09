"""Reads a form whose file goes to the server while it arrives, whichever order its parts are in."""

import re
from contextlib import aclosing
from dataclasses import dataclass, field

from fastapi import Request

from gateway.arriving import arriving, at_most
from gateway.backend import Caller
from gateway.batch.bodies import FormBody
from gateway.batch.parts import Part, parts_of
from gateway.batch.sending import Sent, send_recording
from gateway.bodies import SENTENCES, validated
from gateway.strict_json import BodyTooLarge, JsonObject, parse_object, refuse
from zerokerf.errors import FileTooLarge, InvalidParams

_FILE = "file"
_TEXT = ("job_id", "model_code", "webhook_url", "priority")
_JSON = ("transcription_config", "metadata", "tracking", "output_config")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,100}")


@dataclass(slots=True)
class _Form:
    limit_bytes: int
    fields: JsonObject = field(default_factory=dict)
    sent: Sent | None = None
    size_bytes: int = 0


async def read_form(request: Request, caller: Caller) -> tuple[FormBody, Sent]:
    """What it asks for, and the upload that holds its file.

    What is wrong with parts before the file is told before the file is taken.
    """
    config = caller.backend.config
    most = config.max_recording_bytes + config.max_body_bytes
    if int(request.headers.get("content-length", "0")) > most:
        raise FileTooLarge(config.max_recording_bytes)
    form = _Form(config.max_body_bytes)
    body = at_most(arriving(request, config.idle_timeout_s), most)
    async with aclosing(parts_of(body, request.headers["content-type"])) as parts:
        async for part in parts:
            if part.name in form.fields or (part.name == _FILE and form.sent):
                raise InvalidParams({part.name: f"{part.name} is given twice"})
            if part.name == _FILE:
                form.sent = await _take(part, form.fields, caller)
            else:
                await _add(form, part)
    if form.sent is None:
        raise InvalidParams({_FILE: SENTENCES["missing"]})
    return validated(FormBody, form.fields), form.sent


async def _take(part: Part, fields: JsonObject, caller: Caller) -> Sent:
    if "transcription_config" in fields:
        validated(FormBody, fields)
    content_type = part.content_type if _MEDIA_TYPE.fullmatch(part.content_type) else ""
    content = at_most(part.content, caller.backend.config.max_recording_bytes)
    return await send_recording(caller, part.file_name, content_type, content)


async def _add(form: _Form, part: Part) -> None:
    content = bytearray()
    async for chunk in part.content:
        form.size_bytes += len(chunk)
        if form.size_bytes > form.limit_bytes:
            raise BodyTooLarge(form.limit_bytes)
        content += chunk
    if part.name in _JSON:
        form.fields[part.name] = parse_object(bytes(content), part.name)
    elif part.name in _TEXT:
        form.fields[part.name] = _text(part.name, bytes(content))


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        refuse(f"{name} is not valid UTF-8 text.")
