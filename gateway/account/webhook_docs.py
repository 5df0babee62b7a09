"""What /openapi.json and /docs say of webhooks beyond the code."""

from gateway.account import examples
from gateway.account.bodies import EndpointBody, RotateSecretBody
from gateway.account.webhooks import (
    DeliveriesJson,
    DeliveryJson,
    EndpointJson,
    EndpointsJson,
    RotatedSecretJson,
    SecretJson,
)
from gateway.describing import RouteDocs, json_answer, json_request
from gateway.docs import errors

_WEBHOOKS = {
    "tags": ["webhooks"],
    "description": "Needs a token, or an API key with the scope `keys:manage`.",
}

LIST_DELIVERIES: RouteDocs = {
    **_WEBHOOKS,
    "summary": "List deliveries of webhooks, newest first",
    "responses": {200: json_answer(DeliveriesJson, "One page of deliveries", page=examples.DELIVERIES)}
    | errors("INVALID_PARAMS", "TOKEN_EXPIRED"),
}

GET_DELIVERY: RouteDocs = {
    **_WEBHOOKS,
    "summary": "Get a delivery with what was sent and every attempt to send it",
    "responses": {200: json_answer(DeliveryJson, "The delivery", delivered=examples.DELIVERY)}
    | errors("TOKEN_EXPIRED", "NOT_FOUND"),
}

REDELIVER: RouteDocs = {
    **_WEBHOOKS,
    "summary": "Send a delivery that has ended once more: the same id, the same bytes",
    "responses": {200: json_answer(DeliveryJson, "The delivery", pending=examples.LISTED_DELIVERY)}
    | errors("TOKEN_EXPIRED", "NOT_FOUND", "DELIVERY_PENDING"),
}

LIST_ENDPOINTS: RouteDocs = {
    **_WEBHOOKS,
    "summary": "List the addresses that do not answer as they should",
    "responses": {200: json_answer(EndpointsJson, "The addresses", endpoints=examples.ENDPOINTS)}
    | errors("TOKEN_EXPIRED"),
}

ENABLE_ENDPOINT: RouteDocs = {
    **_WEBHOOKS,
    "summary": "Send to an address again that was disabled",
    "openapi_extra": json_request(EndpointBody, endpoint=examples.ENABLE),
    "responses": {200: json_answer(EndpointJson, "The address", enabled=examples.ENABLED)}
    | errors("INVALID_PARAMS", "TOKEN_EXPIRED", "NOT_FOUND"),
}

GET_SECRET: RouteDocs = {
    **_WEBHOOKS,
    "summary": "Get the secret that signs the account's webhooks",
    "responses": {200: json_answer(SecretJson, "The secret", secret=examples.SECRET)}
    | errors("TOKEN_EXPIRED"),
}

ROTATE_SECRET: RouteDocs = {
    **_WEBHOOKS,
    "summary": "Make another secret; the old one signs beside it for 24 hours",
    "openapi_extra": json_request(RotateSecretBody, rotation=examples.ROTATE_SECRET),
    "responses": {200: json_answer(RotatedSecretJson, "The new secret", secret=examples.ROTATED_SECRET)}
    | errors("INVALID_PARAMS", "TOKEN_EXPIRED"),
}
ROTATE_SECRET["openapi_extra"]["requestBody"]["required"] = False
