"""Signs a delivery in two ways: as documented, and by the Standard Webhooks, which also bind its time."""

import hashlib
import hmac
from datetime import datetime

from standardwebhooks import Webhook

from server.webhooks.model import Secrets


def signed_headers(
    delivery_id: str, event: str, body: str, secrets: Secrets, now: datetime
) -> dict[str, str]:
    """While two secrets are valid, the Standard Webhooks' header carries a signature of each.

    The documented header has room for one: that of the older secret, which running receivers still know.
    """
    valid = (secrets.current,) if secrets.previous is None else (secrets.current, secrets.previous)
    standard = " ".join(Webhook(secret).sign(delivery_id, now, body) for secret in valid)
    return {
        "Content-Type": "application/json",
        "User-Agent": "AudioSpliter-Webhook/1.0",
        "X-AudioSpliter-Event": event,
        "X-AudioSpliter-Delivery": delivery_id,
        "X-AudioSpliter-Signature": documented_signature(valid[-1], body),
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": standard,
    }


def documented_signature(secret: str, body: str) -> str:
    """The key is the whole secret as text, with what it begins with."""
    return hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
