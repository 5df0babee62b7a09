"""What /openapi.json and /docs say of keys, billing and accounts beyond the code."""

from gateway.account import examples
from gateway.account.account import DeletedAccountJson, ExportJson, RequestedExportJson
from gateway.account.billing import BillingJson, UsageAnswerJson
from gateway.account.bodies import CreateKeyBody, DeleteAccountBody, ExportBody, UpdateKeyBody
from gateway.account.keys import CreatedKeyJson, KeyDetailsJson, KeysJson, RotatedKeyJson, UpdatedKeyJson
from gateway.describing import RouteDocs, json_answer, json_request
from gateway.docs import errors

_MANAGES = "Needs a token, or an API key with the scope `keys:manage`."
_MANAGES_KEYS = f"{_MANAGES} A key manages only keys that may do no more than itself."
_KEYS = {"tags": ["API keys"], "description": _MANAGES_KEYS}
_BILLING = {"tags": ["billing"], "description": _MANAGES}
_ACCOUNT = {"tags": ["account"], "description": _MANAGES}

CREATE_KEY: RouteDocs = {
    **_KEYS,
    "summary": "Create an API key; its secret is shown in this answer only",
    "status_code": 201,
    "openapi_extra": json_request(CreateKeyBody, key=examples.CREATE_KEY, testKey=examples.CREATE_TEST_KEY),
    "responses": {201: json_answer(CreatedKeyJson, "The key with its secret", key=examples.CREATED_KEY)}
    | errors("INVALID_PARAMS", "TOKEN_EXPIRED", "TOO_MANY_KEYS", "IDEMPOTENCY_CONFLICT"),
}

LIST_KEYS: RouteDocs = {
    **_KEYS,
    "summary": "List the API keys that are not revoked, oldest first",
    "responses": {200: json_answer(KeysJson, "All keys", keys=examples.KEYS)} | errors("TOKEN_EXPIRED"),
}

GET_KEY: RouteDocs = {
    **_KEYS,
    "summary": "Get an API key",
    "responses": {200: json_answer(KeyDetailsJson, "The key", key=examples.KEY_DETAILS)}
    | errors("TOKEN_EXPIRED", "NOT_FOUND"),
}

UPDATE_KEY: RouteDocs = {
    **_KEYS,
    "summary": "Change the name, the scopes or the expiry of an API key",
    "openapi_extra": json_request(UpdateKeyBody, change=examples.UPDATE_KEY),
    "responses": {200: json_answer(UpdatedKeyJson, "The key, changed", key=examples.UPDATED_KEY)}
    | errors("INVALID_PARAMS", "TOKEN_EXPIRED", "NOT_FOUND"),
}

REVOKE_KEY: RouteDocs = {
    **_KEYS,
    "summary": "Revoke an API key, for ever",
    "status_code": 204,
    "responses": {204: {"description": "Revoked"}} | errors("TOKEN_EXPIRED", "NOT_FOUND"),
}

ROTATE_KEY: RouteDocs = {
    **_KEYS,
    "summary": "Give an API key another secret; the old one ends at once",
    "responses": {200: json_answer(RotatedKeyJson, "The key with its secret", key=examples.ROTATED_KEY)}
    | errors("TOKEN_EXPIRED", "NOT_FOUND"),
}

GET_BILLING: RouteDocs = {
    **_BILLING,
    "summary": "Get the plan of the account",
    "responses": {200: json_answer(BillingJson, "The plan", billing=examples.BILLING)}
    | errors("TOKEN_EXPIRED"),
}

GET_USAGE: RouteDocs = {
    **_BILLING,
    "summary": "Get what the account used in a month",
    "responses": {200: json_answer(UsageAnswerJson, "The usage", usage=examples.USAGE)}
    | errors("INVALID_PARAMS", "TOKEN_EXPIRED"),
}


def _not_offered(summary: str) -> RouteDocs:
    """The first answer that is described stands for success, so there has to be one of another kind."""
    return {
        **_BILLING,
        "summary": f"{summary}: not offered, for this service takes no payments",
        "status_code": 501,
        "responses": errors("TOKEN_EXPIRED", "NOT_IMPLEMENTED"),
    }


LIST_INVOICES = _not_offered("List invoices")
SUBSCRIBE = _not_offered("Subscribe to a plan")
UNSUBSCRIBE = _not_offered("Cancel the subscription")
CHANGE_PLAN = _not_offered("Change the plan")

EXPORT: RouteDocs = {
    **_ACCOUNT,
    "summary": "Begin to make an archive of all that the account has here",
    "status_code": 202,
    "openapi_extra": json_request(ExportBody, export=examples.EXPORT_REQUEST),
    "responses": {202: json_answer(RequestedExportJson, "Begun", processing=examples.EXPORTING)}
    | errors("INVALID_PARAMS", "TOKEN_EXPIRED", "IDEMPOTENCY_CONFLICT"),
}

GET_EXPORT: RouteDocs = {
    **_ACCOUNT,
    "tags": ["extensions"],
    "summary": "Get an archive of the account, with a fresh link once it is there",
    "responses": {200: json_answer(ExportJson, "The archive", completed=examples.EXPORTED)}
    | errors("TOKEN_EXPIRED", "NOT_FOUND"),
}

DELETE_ACCOUNT: RouteDocs = {
    **_ACCOUNT,
    "summary": "End the account: keys and jobs at once, its records within 30 days",
    "openapi_extra": json_request(DeleteAccountBody, confirmation=examples.DELETE_ACCOUNT),
    "responses": {200: json_answer(DeletedAccountJson, "Closed", closed=examples.DELETED_ACCOUNT)}
    | errors("INVALID_PARAMS", "TOKEN_EXPIRED"),
}
