"""What messages of all kinds of jobs are made of: times, lengths and errors."""

from datetime import datetime

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from server.jobs.model import Failure
from server.jobs.records.announcing import Asked
from zerokerf.v1 import priority_pb2
from zerokerf.v1.job_error_pb2 import JobError


def duration_of(samples: int, rate: int) -> Duration:
    """Rounded to the nanosecond."""
    return duration_message((samples * 10**9 + rate // 2) // rate)


def duration_message(nanoseconds: int) -> Duration:
    return Duration(seconds=nanoseconds // 10**9, nanos=nanoseconds % 10**9)


def error_message(failure: Failure) -> JobError:
    return JobError(reason=failure.reason, message=failure.sentence, facts=failure.facts)


def priority_of(request: Asked) -> "priority_pb2.Priority.ValueType":
    return priority_pb2.PRIORITY_BULK if request.is_bulk else priority_pb2.PRIORITY_INTERACTIVE


def timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message
