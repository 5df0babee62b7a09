"""The addresses of keys, billing, accounts and webhooks."""

from fastapi import FastAPI

from gateway.account import account, billing, docs, keys, webhook_docs, webhooks

_KEYS, _KEY = "/api/v1/api-keys", "/api/v1/api-keys/{keyId}"
_BILLING, _ACCOUNT = "/api/v1/billing", "/api/v1/account"
_SENT, _ENDPOINTS, _SECRET = (f"/api/v1/webhooks/{part}" for part in ("deliveries", "endpoints", "secret"))

_ROUTES = (
    ("POST", _KEYS, keys.create_key, docs.CREATE_KEY),
    ("GET", _KEYS, keys.list_keys, docs.LIST_KEYS),
    ("GET", _KEY, keys.get_key, docs.GET_KEY),
    ("PATCH", _KEY, keys.update_key, docs.UPDATE_KEY),
    ("DELETE", _KEY, keys.revoke_key, docs.REVOKE_KEY),
    ("POST", f"{_KEY}/rotate", keys.rotate_key, docs.ROTATE_KEY),
    ("GET", _BILLING, billing.get_billing, docs.GET_BILLING),
    ("GET", f"{_BILLING}/usage", billing.get_usage, docs.GET_USAGE),
    ("GET", f"{_BILLING}/invoices", billing.list_invoices, docs.LIST_INVOICES),
    ("POST", f"{_BILLING}/subscribe", billing.subscribe, docs.SUBSCRIBE),
    ("POST", f"{_BILLING}/cancel", billing.cancel_subscription, docs.UNSUBSCRIBE),
    ("POST", f"{_BILLING}/change-plan", billing.change_plan, docs.CHANGE_PLAN),
    ("POST", f"{_ACCOUNT}/export", account.export_account, docs.EXPORT),
    ("GET", f"{_ACCOUNT}/exports/{{exportId}}", account.get_export, docs.GET_EXPORT),
    ("DELETE", _ACCOUNT, account.delete_account, docs.DELETE_ACCOUNT),
    ("GET", _SENT, webhooks.list_deliveries, webhook_docs.LIST_DELIVERIES),
    ("GET", f"{_SENT}/{{deliveryId}}", webhooks.get_delivery, webhook_docs.GET_DELIVERY),
    ("POST", f"{_SENT}/{{deliveryId}}/redeliver", webhooks.redeliver, webhook_docs.REDELIVER),
    ("GET", _ENDPOINTS, webhooks.list_endpoints, webhook_docs.LIST_ENDPOINTS),
    ("POST", f"{_ENDPOINTS}/enable", webhooks.enable_endpoint, webhook_docs.ENABLE_ENDPOINT),
    ("GET", _SECRET, webhooks.get_secret, webhook_docs.GET_SECRET),
    ("POST", f"{_SECRET}/rotate", webhooks.rotate_secret, webhook_docs.ROTATE_SECRET),
)


def add_account_routes(app: FastAPI) -> None:
    for method, path, endpoint, described in _ROUTES:
        app.add_api_route(path, endpoint, methods=[method], **described)
