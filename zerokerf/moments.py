"""Moments as messages carry them."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp


def moment(time: datetime | None) -> Timestamp | None:
    """Without a time zone it is that of this machine."""
    if time is None:
        return None
    made = Timestamp()
    made.FromDatetime(time.astimezone(UTC))
    return made
