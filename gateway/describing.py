"""How endpoints are described: requests and answers with their schemas and examples."""

from typing import Any

from gateway.bodies import Body

# Any: these are arguments of a framework function, and parts of an OpenAPI document.
RouteDocs = dict[str, Any]

EVENTS_DESCRIPTION = "Sends all events after `Last-Event-ID`, then each new one; ends after the final one."


def json_answer(model: object, description: str, **shown: object) -> dict[str, Any]:
    values = {name: {"value": value} for name, value in shown.items()}
    content = {"application/json": {"examples": values}}
    return {"description": description, "content": content} | ({"model": model} if model else {})


def json_request(model: type[Body], **shown: object) -> dict[str, Any]:
    content = {
        "schema": schema_of(model),
        "examples": {name: {"value": value} for name, value in shown.items()},
    }
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def events_answers(shown: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": "Events", "content": {"text/event-stream": {"example": shown}}},
        204: {"description": "The job has ended and its last event was seen."},
    }


def schema_of(model: type[Body]) -> dict[str, Any]:
    """In one piece: what it refers to has no place of its own in the document."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def whole(part: Any) -> Any:  # noqa: ANN401 - JSON of every shape
        if isinstance(part, list):
            return [whole(each) for each in part]
        if not isinstance(part, dict):
            return part
        referred = parts[part["$ref"].rpartition("/")[2]] if "$ref" in part else {}
        return {name: whole(value) for name, value in {**referred, **part}.items() if name != "$ref"}

    inlined: dict[str, Any] = whole(schema)
    return inlined
