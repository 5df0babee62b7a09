"""How soon a job's work is taken up, in requests of both dialects: an extension of ours."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from zerokerf.v1 import priority_pb2

Name = Literal["interactive", "bulk"]
PriorityName = Annotated[
    Name | None, Field(description="`bulk`: the steps of other jobs come first. `interactive` when absent.")
]

_VALUES: Mapping[Name | None, "priority_pb2.Priority.ValueType"] = {
    None: priority_pb2.PRIORITY_UNSPECIFIED,
    "interactive": priority_pb2.PRIORITY_INTERACTIVE,
    "bulk": priority_pb2.PRIORITY_BULK,
}


def priority_value(name: Name | None) -> "priority_pb2.Priority.ValueType":
    return _VALUES[name]
