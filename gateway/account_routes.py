"""The addresses of keys, billing, accounts and webhooks."""

from fastapi import FastAPI

from gateway import accounts, billing, docs_accounts, docs_webhooks, keys, webhooks

_KEYS, _KEY = "/api/v1/api-keys", "/api/v1/api-keys/{keyId}"
_BILLING, _ACCOUNT = "/api/v1/billing", "/api/v1/account"
_SENT, _ENDPOINTS, _SECRET = (f"/api/v1/webhooks/{part}" for part in ("deliveries", "endpoints", "secret"))

_ROUTES = (
    ("POST", _KEYS, keys.create_key, docs_accounts.CREATE_KEY),
    ("GET", _KEYS, keys.list_keys, docs_accounts.LIST_KEYS),
    ("GET", _KEY, keys.get_key, docs_accounts.GET_KEY),
    ("PATCH", _KEY, keys.update_key, docs_accounts.UPDATE_KEY),
    ("DELETE", _KEY, keys.revoke_key, docs_accounts.REVOKE_KEY),
    ("POST", f"{_KEY}/rotate", keys.rotate_key, docs_accounts.ROTATE_KEY),
    ("GET", _BILLING, billing.get_billing, docs_accounts.GET_BILLING),
    ("GET", f"{_BILLING}/usage", billing.get_usage, docs_accounts.GET_USAGE),
    ("GET", f"{_BILLING}/invoices", billing.list_invoices, docs_accounts.LIST_INVOICES),
    ("POST", f"{_BILLING}/subscribe", billing.subscribe, docs_accounts.SUBSCRIBE),
    ("POST", f"{_BILLING}/cancel", billing.cancel_subscription, docs_accounts.UNSUBSCRIBE),
    ("POST", f"{_BILLING}/change-plan", billing.change_plan, docs_accounts.CHANGE_PLAN),
    ("POST", f"{_ACCOUNT}/export", accounts.export_account, docs_accounts.EXPORT),
    ("GET", f"{_ACCOUNT}/exports/{{exportId}}", accounts.get_export, docs_accounts.GET_EXPORT),
    ("DELETE", _ACCOUNT, accounts.delete_account, docs_accounts.DELETE_ACCOUNT),
    ("GET", _SENT, webhooks.list_deliveries, docs_webhooks.LIST_DELIVERIES),
    ("GET", f"{_SENT}/{{deliveryId}}", webhooks.get_delivery, docs_webhooks.GET_DELIVERY),
    ("POST", f"{_SENT}/{{deliveryId}}/redeliver", webhooks.redeliver, docs_webhooks.REDELIVER),
    ("GET", _ENDPOINTS, webhooks.list_endpoints, docs_webhooks.LIST_ENDPOINTS),
    ("POST", f"{_ENDPOINTS}/enable", webhooks.enable_endpoint, docs_webhooks.ENABLE_ENDPOINT),
    ("GET", _SECRET, webhooks.get_secret, docs_webhooks.GET_SECRET),
    ("POST", f"{_SECRET}/rotate", webhooks.rotate_secret, docs_webhooks.ROTATE_SECRET),
)


def add_account_routes(app: FastAPI) -> None:
    for method, path, endpoint, described in _ROUTES:
        app.add_api_route(path, endpoint, methods=[method], **described)
