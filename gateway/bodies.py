"""The bodies of requests: strict types, and what is said of those that are not met."""

from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from gateway.strict_json import JsonObject
from zerokerf.errors import InvalidParams

#: The largest integer that every JSON reader keeps exactly.
MAX_SAFE_INTEGER = 2**53 - 1
MAX_INT32 = 2**31 - 1

#: What to say for pydantic's kinds of mistakes; the others have good sentences of their own.
SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "int_type": "Must be a whole number.",
    "int_from_float": "Must be a whole number.",
    "bool_type": "Must be true or false.",
    "string_type": "Must be a string.",
    "string_too_short": "Must not be empty.",
    "list_type": "Must be a list.",
    "dict_type": "Must be an object.",
    "model_type": "Must be an object.",
}


def _exact(seconds: object) -> Decimal:
    exact = _number(seconds)
    if exact is None:
        raise ValueError("Must be a number of seconds.")
    return exact


def _float(number: object) -> float:
    exact = _number(number)
    if exact is None:
        raise ValueError("Must be a number.")
    if abs(exact) > MAX_SAFE_INTEGER:
        raise ValueError(f"Must be at most {MAX_SAFE_INTEGER}.")
    return float(exact)


def _number(value: object) -> Decimal | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value if isinstance(value, Decimal) else None


#: A number as it was written, down to its last digit.
Seconds = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema({"type": "number"})]
Number = Annotated[float, BeforeValidator(_float), WithJsonSchema({"type": "number"})]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


B = TypeVar("B", bound=Body)


class CreateUploadBody(Body):
    """Asks for room for one file."""

    fileName: str = Field(description="Kept as the name of the source.")  # noqa: N815 - JSON
    contentType: str | None = Field(None, description="Media type of the file.")  # noqa: N815 - JSON
    size: int | None = Field(None, description="Size in bytes, checked at once against the limit.")


def validated(model: type[B], fields: JsonObject) -> B:
    """Raises InvalidParams with a sentence for each field, named by its path as in `encoding.bitRate`."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise InvalidParams(
            {
                _path(mistake["loc"]): SENTENCES.get(mistake["type"]) or _sentence(mistake["msg"])
                for mistake in reversed(error.errors(include_url=False, include_input=False))
            }
        ) from error


def variant(name: str) -> str:
    """How one of several shapes of a field is marked, for a mark is no part of the field's path."""
    return f"({name})"


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(part for part in location if isinstance(part, str) and not part.startswith("("))


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should", "Must").rstrip(".") + "."
