"""Who may call, how often and how much: what is wrong with a key, a token, a plan's limits."""

from datetime import datetime

from zerokerf.error_base import Kind, ZerokerfError


class Unauthenticated(ZerokerfError):
    kind = Kind.UNAUTHENTICATED
    reason = "UNAUTHORIZED"

    def __init__(
        self,
        sentence: str = "An API key is required: send a valid one as 'x-api-key' or 'authorization: Bearer'.",
    ) -> None:
        super().__init__(sentence)


class KeyRevoked(Unauthenticated):
    reason = "KEY_REVOKED"

    def __init__(self) -> None:
        super().__init__("This API key has been revoked; use another one.")


class TokenExpired(Unauthenticated):
    reason = "TOKEN_EXPIRED"

    def __init__(self) -> None:
        super().__init__("The token has expired; get a new one.")


class InsufficientScope(ZerokerfError):
    kind = Kind.PERMISSION_DENIED
    reason = "INSUFFICIENT_SCOPE"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This call needs the scope {scope!r}, which the caller does not have.", scope=scope)


class ScopeBeyondOwn(ZerokerfError):
    """A key would make, change or renew another one that may do more than itself."""

    kind = Kind.PERMISSION_DENIED
    reason = "SCOPE_BEYOND_OWN"

    def __init__(self, what: str) -> None:
        super().__init__(f"A key can manage only keys that may do no more than itself, and not {what}.")


class RateLimited(ZerokerfError):
    kind = Kind.RESOURCE_EXHAUSTED
    reason = "RATE_LIMITED"

    def __init__(self, limit: int, retry_after_s: int) -> None:
        super().__init__(
            f"More than {limit} requests a minute; try again in {retry_after_s} s.",
            limit=limit,
            retryAfter=retry_after_s,
        )

    @property
    def retry_after_s(self) -> int:
        """Also of an error that came over a wire."""
        told = self.facts.get("retryAfter", "")
        return int(told) if told.isdecimal() else 1


class QuotaExceeded(ZerokerfError):
    kind = Kind.RESOURCE_EXHAUSTED
    reason = "QUOTA_EXCEEDED"

    def __init__(self, minutes: int, resets_at: datetime) -> None:
        super().__init__(
            f"The {minutes} minutes of this month are used up; they are renewed on {resets_at:%Y-%m-%d}.",
            minutes=minutes,
            resetsAt=resets_at.isoformat(),
        )

    @property
    def is_transient(self) -> bool:
        """Not within anybody's patience."""
        return False


class TooManyKeys(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "TOO_MANY_KEYS"

    def __init__(self, most: int) -> None:
        super().__init__(f"The plan allows {most} API keys; revoke one to make another.", most=most)


class KeyNotFound(ZerokerfError):
    kind = Kind.NOT_FOUND
    reason = "KEY_NOT_FOUND"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"API key {key_id} not found", keyId=key_id)


class ExportNotFound(ZerokerfError):
    kind = Kind.NOT_FOUND
    reason = "EXPORT_NOT_FOUND"

    def __init__(self, export_id: str) -> None:
        super().__init__(f"Export {export_id} not found", exportId=export_id)


class DeliveryNotFound(ZerokerfError):
    kind = Kind.NOT_FOUND
    reason = "DELIVERY_NOT_FOUND"

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"Webhook delivery {delivery_id} not found", deliveryId=delivery_id)


class DeliveryPending(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "DELIVERY_PENDING"

    def __init__(self, delivery_id: str) -> None:
        super().__init__(
            f"Webhook delivery {delivery_id} is still being tried; it can be sent again once that has ended.",
            deliveryId=delivery_id,
        )


class EndpointNotFound(ZerokerfError):
    kind = Kind.NOT_FOUND
    reason = "ENDPOINT_NOT_FOUND"

    def __init__(self, url: str) -> None:
        super().__init__(f"No webhook of this account goes to {url}", url=url)


class NotOffered(ZerokerfError):
    """Part of a documented API that needs what this service does not have, such as a card processor."""

    kind = Kind.UNIMPLEMENTED
    reason = "NOT_IMPLEMENTED"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not offered by this service: it takes no payments.")
