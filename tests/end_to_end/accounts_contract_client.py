"""A client of the whole documented contract, with nothing but the standard library.

    python -I accounts_contract_client.py BASE_URL API_KEY TOKEN SOURCE_URL WEBHOOK_URL

The account must be fresh and of a plan with every limit. Each row of the documented table of endpoints is
printed once it answered as documented, then each code of its refusals. The last row deletes the account.
"""

import json
import re
import sys
import time
import urllib.error
import urllib.request
from typing import Any

TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
GIVE_UP_S = 60
POLL_S = 0.1

Shape = dict[str, Any]
ID, TEXT, NUMBER, MOMENT, MAYBE_MOMENT = "id", "text", "number", "moment", "moment or null"
SCOPES = ["splits:read", "splits:write", "keys:manage"]
#: Beside the documented three, the two of batch jobs, which are an extension.
ALL_SCOPES = sorted([*SCOPES, "batch:read", "batch:write"])
LISTED = {
    **{"id": ID, "name": TEXT, "keyPreview": TEXT, "scopes": list},
    **{"lastUsedAt": MAYBE_MOMENT, "createdAt": MOMENT, "expiresAt": MAYBE_MOMENT},
}
MADE = {"id": ID, "name": TEXT, "key": TEXT, "scopes": list, "createdAt": MOMENT, "expiresAt": MAYBE_MOMENT}
ROTATED = {"id": ID, "name": TEXT, "key": TEXT, "scopes": list, "rotatedAt": MOMENT, "createdAt": MOMENT}
SPLIT = {"id": ID, "status": TEXT, "splitMode": TEXT, "segmentDuration": NUMBER, "outputFormat": TEXT}
QUEUED = {**SPLIT, "webhookUrl": TEXT, "metadata": {"lesson": TEXT}, "createdAt": MOMENT}
SEGMENT = {"index": NUMBER, "downloadUrl": TEXT, "duration": NUMBER, "size": NUMBER, "expiresAt": MOMENT}
COMPLETED = {
    **{
        **SPLIT,
        "sourceFileName": TEXT,
        "sourceDuration": NUMBER,
        "sourceSize": NUMBER,
        "segments": [SEGMENT],
    },
    **{"metadata": {"lesson": TEXT}, "createdAt": MOMENT, "completedAt": MOMENT},
}
SUMMARY = {
    **{"id": ID, "status": TEXT, "splitMode": TEXT, "segmentDuration": NUMBER},
    **{"createdAt": MOMENT, "completedAt": MOMENT},
}
SPLITS = {"data": [SUMMARY], "pagination": dict.fromkeys(("page", "limit", "total", "totalPages"), NUMBER)}
PLAN = {
    **{"id": TEXT, "name": TEXT, "monthlyMinutes": NUMBER, "maxFileSize": NUMBER},
    **{"pricePerMonth": NUMBER, "currency": TEXT},
}
USED = (
    *("minutesProcessed", "minutesIncluded", "minutesOverage", "jobsCompleted", "jobsFailed"),
    "storageUsedBytes",
)
USAGE = {
    "period": {"start": MOMENT, "end": MOMENT},
    "usage": dict.fromkeys(USED, NUMBER),
    "cost": {"basePlan": NUMBER, "overage": NUMBER, "total": NUMBER, "currency": TEXT},
}
EXPORT = {
    **{"exportId": ID, "status": TEXT, "format": TEXT},
    **{"estimatedCompletionAt": MOMENT, "message": TEXT},
}
DELIVERY = {
    **{"id": ID, "event": TEXT, "jobId": ID, "url": TEXT, "status": TEXT},
    "attempts": [{"timestamp": MOMENT, "status": NUMBER, "answer": TEXT, "milliseconds": NUMBER}],
    **{"createdAt": MOMENT, "endedAt": MOMENT},
}
UNDOCUMENTED = "/webhooks", "/account/exports"


def main(base: str, key: str, token: str, source_url: str, webhook_url: str) -> None:
    by_key, by_token = Api(base, {"X-API-Key": key}), Api(base, {"Authorization": f"Bearer {token}"})
    job_id = walk_splits(by_key, source_url, webhook_url)
    for manager in (by_token, by_key):
        walk_keys(manager, base)
        walk_billing(manager)
        walk_webhooks(manager, job_id)
        walk_export(manager)
    by_key.row(204, None, "DELETE", "/splits/:jobId", job_id)
    by_key.refused(404, "JOB_NOT_FOUND", "GET", "/splits/:jobId", job_id)
    check_callers(base, by_token)
    walk_deletion(by_token, by_key)


class Api:
    """Calls of one caller; all of them are counted, so every answer tells where the caller stands."""

    def __init__(self, base: str, identity: dict[str, str]) -> None:
        self.base = base
        self.identity = identity

    def row(
        self, status: int, shape: Shape | None, method: str, row: str, name: str = "", body: object = None
    ) -> Any:  # noqa: ANN401 - an answer of that shape
        """A call that answers as its row says. `:` and a word stand for the name."""
        found, answer = self.call(method, row, name, body)
        same(f"status of {method} {row}", (found, answer), (status, answer))
        fits(f"{method} {row}", answer, shape)
        if not row.startswith(UNDOCUMENTED):
            say("row", f"{method} {row.partition('?')[0]}")
        return answer

    def refused(
        self, status: int, code: str, method: str, row: str, name: str = "", body: object = None
    ) -> None:
        found, answer = self.call(method, row, name, body)
        what = f"refusal of {method} {row}"
        same(what, (found, list(answer)), (status, ["error"]))
        error = answer["error"]
        optional = [field for field in ("details", "retryAfter") if field in error]
        same(f"fields of {what}", list(error), ["code", "message", "status", *optional])
        same(f"error of {what}", (error["code"], error["status"]), (code, status))
        same(f"sentence of {what}", bool(error["message"]), True)
        say("code", code)

    def call(self, method: str, row: str, name: str, body: object) -> tuple[int, Any]:
        url = f"{self.base}/api/v1{re.sub(':[a-zA-Z]+', name, row)}"
        data = None if body is None else json.dumps(body).encode()
        headers = self.identity | ({"Content-Type": "application/json"} if data else {})
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
                return self.read(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return self.read(error.code, error.headers, error.read())

    def read(self, status: int, headers: Any, body: bytes) -> tuple[int, Any]:  # noqa: ANN401 - headers of urllib
        counted = [headers.get(f"X-RateLimit-{what}", "") for what in ("Limit", "Remaining", "Reset")]
        # Without a known caller there is nobody to count for.
        if status != 401:
            same("headers of the rate limit", [value.isdecimal() for value in counted], [True] * 3)
            same("reset within a minute", 0 <= int(counted[2]) - time.time() + 1 <= 62, True)
        if status == 204:
            same("body of 204", body, b"")
            return status, None
        same("media type", headers["Content-Type"].partition(";")[0], "application/json")
        return status, json.loads(body)


def walk_splits(api: Api, source_url: str, webhook_url: str) -> str:
    asked = {"splitMode": "duration", "segmentDuration": 3, "outputFormat": "flac"}
    asked |= {"webhookUrl": webhook_url, "metadata": {"lesson": "7"}}
    made = api.row(201, QUEUED, "POST", "/splits", body={"sourceUrl": source_url, **asked})
    same("echo", {name: made[name] for name in asked}, asked)
    same("state of a new job", made["status"], "queued")
    ended(api, "/splits/:jobId", made["id"], "completed")
    got = api.row(200, COMPLETED, "GET", "/splits/:jobId", made["id"])
    same("segments", [each["index"] for each in got["segments"]], list(range(len(got["segments"]))))
    page = api.row(200, SPLITS, "GET", "/splits?status=completed&limit=10")
    same("the only job", [job["id"] for job in page["data"]], [made["id"]])
    api.refused(400, "INVALID_PARAMS", "GET", "/splits?limit=0")
    api.refused(400, "INVALID_PARAMS", "POST", "/splits", body=asked)
    api.refused(400, "INVALID_URL", "POST", "/splits", body={"sourceUrl": "ftp://a.example/a", **asked})
    source = {"sourceUrl": source_url}
    api.refused(400, "INVALID_FORMAT", "POST", "/splits", body={**source, **asked, "outputFormat": "wma"})
    api.refused(400, "DURATION_TOO_SHORT", "POST", "/splits", body={**source, **asked, "segmentDuration": 0})
    api.refused(404, "JOB_NOT_FOUND", "DELETE", "/splits/:jobId", "job_xyz789")
    return str(made["id"])


def walk_keys(api: Api, base: str) -> None:
    reading = {"name": "CI", "scopes": ["splits:read"]}
    made = api.row(201, MADE, "POST", "/api-keys", body={**reading, "expiresAt": "2999-05-02T08:15:00Z"})
    same("a new key", (made["scopes"], made["expiresAt"]), (["splits:read"], "2999-05-02T08:15:00Z"))
    key_id, user = made["id"], Api(base, {"X-API-Key": made["key"]})
    same("form of a key", bool(re.fullmatch("as_live_sk_[A-Za-z0-9]+", made["key"])), True)
    user.row(200, SPLITS, "GET", "/splits")
    user.refused(403, "INSUFFICIENT_SCOPE", "DELETE", "/splits/:jobId", "job_xyz789")
    user.refused(403, "INSUFFICIENT_SCOPE", "GET", "/api-keys")
    listed = api.row(200, {"data": [LISTED]}, "GET", "/api-keys")["data"]
    secret = made["key"].removeprefix("as_live_sk_")
    (shown,) = [key for key in listed if key["id"] == key_id]
    same("preview", shown["keyPreview"], f"as_live_sk_{secret[:3]}...{secret[-3:]}")
    api.row(200, {**LISTED, "usageCount": NUMBER}, "GET", "/api-keys/:keyId", key_id)
    updated = {**LISTED, "updatedAt": MOMENT}
    changed = api.row(200, updated, "PATCH", "/api-keys/:keyId", key_id, {"name": "build", "expiresAt": None})
    same("changes", (changed["name"], changed["scopes"]), ("build", ["splits:read"]))
    same("no expiry", changed["expiresAt"], None)
    same("an empty change", api.row(200, updated, "PATCH", "/api-keys/:keyId", key_id, {})["name"], "build")
    new = api.row(200, ROTATED, "POST", "/api-keys/:keyId/rotate", key_id)
    same("a rotated key", (new["id"], new["key"] != made["key"]), (key_id, True))
    renewed = Api(base, {"X-API-Key": new["key"]})
    renewed.row(200, SPLITS, "GET", "/splits")
    gone(user, "UNAUTHORIZED")
    api.row(204, None, "DELETE", "/api-keys/:keyId", key_id)
    gone(renewed, "KEY_REVOKED")
    for method, row, body in (
        *(("GET", "", None), ("PATCH", "", {"name": "x"}), ("DELETE", "", None)),
        ("POST", "/rotate", None),
    ):
        api.refused(404, "NOT_FOUND", method, f"/api-keys/:keyId{row}", key_id, body)
    every = api.row(201, MADE, "POST", "/api-keys", body={"name": "all"})
    same("without scopes or expiry", (sorted(every["scopes"]), every["expiresAt"]), (ALL_SCOPES, None))
    api.row(204, None, "DELETE", "/api-keys/:keyId", every["id"])
    for wrong in ({}, {"name": "x", "scopes": ["all"]}, {"name": "x", "expiresAt": "2001-01-01T00:00:00Z"}):
        api.refused(400, "INVALID_PARAMS", "POST", "/api-keys", body=wrong)


def walk_billing(api: Api) -> None:
    billing = {"plan": PLAN, "subscription": None, "paymentMethod": None}
    api.row(200, billing, "GET", "/billing")
    used = api.row(200, USAGE, "GET", "/billing/usage")
    same("jobs that are counted", used["usage"]["jobsCompleted"], 1)
    same("minutes begun", used["usage"]["minutesProcessed"], 1)
    same("total", used["cost"]["total"], used["cost"]["basePlan"] + used["cost"]["overage"])
    month = used["period"]["start"][:7]
    same("the month by name", api.row(200, USAGE, "GET", f"/billing/usage?period={month}"), used)
    before = api.row(200, USAGE, "GET", "/billing/usage?period=previous")
    same("the month before", before["period"]["end"], used["period"]["start"])
    api.refused(400, "INVALID_PARAMS", "GET", "/billing/usage?period=2026-13")
    # These need a card processor; that is said in the documented envelope.
    for method, row, body in (
        ("GET", "/billing/invoices", None),
        ("POST", "/billing/subscribe", {"planId": "plan_pro"}),
        ("POST", "/billing/cancel", {"immediate": True}),
        ("POST", "/billing/change-plan", {"planId": "plan_pro"}),
    ):
        api.refused(501, "NOT_IMPLEMENTED", method, row, body=body)
        say("row", f"{method} {row}")


def walk_webhooks(api: Api, job_id: str) -> None:
    """An extension, but for what is told: these are dashboards in the documentation."""
    ended(api, f"/webhooks/deliveries?jobId={job_id}", "", "delivered")
    (sent,) = api.row(200, {"data": [DELIVERY]}, "GET", f"/webhooks/deliveries?jobId={job_id}")["data"]
    got = api.row(200, {**DELIVERY, "body": TEXT}, "GET", "/webhooks/deliveries/:deliveryId", sent["id"])
    same("event", (got["event"], json.loads(got["body"])["jobId"]), ("job.completed", job_id))
    api.row(200, {"data": []}, "GET", "/webhooks/endpoints")
    endpoint = {"url": TEXT, "failedInARow": NUMBER}
    api.row(200, endpoint, "POST", "/webhooks/endpoints/enable", body={"url": got["url"]})
    rotated = {"secret": TEXT, "previousExpiresAt": MOMENT}
    new = api.row(200, rotated, "POST", "/webhooks/secret/rotate")
    same("secret", api.row(200, {"secret": TEXT}, "GET", "/webhooks/secret")["secret"], new["secret"])
    api.refused(404, "NOT_FOUND", "GET", "/webhooks/deliveries/:deliveryId", "dlv_xyz789")


def walk_export(api: Api) -> None:
    asked = api.row(202, EXPORT, "POST", "/account/export", body={"format": "csv"})
    same("a new export", (asked["status"], asked["format"]), ("processing", "csv"))
    ended(api, "/account/exports/:exportId", asked["exportId"], "completed")
    made = {
        **{"exportId": ID, "status": TEXT, "format": TEXT, "createdAt": MOMENT, "completedAt": MOMENT},
        **{"downloadUrl": TEXT, "size": NUMBER, "expiresAt": MOMENT, "availableUntil": MOMENT},
    }
    api.row(200, made, "GET", "/account/exports/:exportId", asked["exportId"])
    api.refused(400, "INVALID_PARAMS", "POST", "/account/export", body={"format": "xml"})


def check_callers(base: str, by_token: Api) -> None:
    """Keys are for splits, tokens for the rest; nothing is for nobody."""
    by_token.refused(403, "INSUFFICIENT_SCOPE", "GET", "/splits")
    for identity in ({}, {"X-API-Key": "as_live_sk_wrong"}, {"Authorization": "Bearer a.b.c"}):
        stranger = Api(base, identity)
        for method, row in (("GET", "/splits"), ("GET", "/api-keys"), ("GET", "/billing")):
            stranger.refused(401, "UNAUTHORIZED", method, row)


def walk_deletion(by_token: Api, by_key: Api) -> None:
    wrong = {"confirmation": "delete my account"}
    by_token.refused(400, "INVALID_PARAMS", "DELETE", "/account", body=wrong)
    deleted = {"message": TEXT, "deletionScheduledAt": MOMENT}
    by_token.row(200, deleted, "DELETE", "/account", body={"confirmation": "DELETE MY ACCOUNT"})
    gone(by_key, "KEY_REVOKED")


def gone(api: Api, code: str) -> None:
    """Within the second that callers may be remembered for."""
    give_up_at = time.monotonic() + 1
    while api.call("GET", "/splits", "", None)[0] != 401 and time.monotonic() < give_up_at:
        time.sleep(POLL_S)
    api.refused(401, code, "GET", "/splits")


def ended(api: Api, row: str, name: str, wanted: str) -> None:
    give_up_at = time.monotonic() + GIVE_UP_S
    seen: object = None
    while time.monotonic() < give_up_at:
        _, answer = api.call("GET", row, name, None)
        seen = [each["status"] for each in answer["data"]] if "data" in answer else [answer["status"]]
        if seen == [wanted]:
            return
        time.sleep(POLL_S)
    raise SystemExit(f"{row} was {seen}, not {wanted}, after {GIVE_UP_S} s")


def fits(what: str, value: Any, shape: Any) -> None:  # noqa: ANN401 - JSON and its shape
    """Exactly: no field more, none less, in this order."""
    if isinstance(shape, dict):
        same(f"fields of {what}", list(value), list(shape))
        for name, inner in shape.items():
            fits(f"{name} of {what}", value[name], inner)
    elif isinstance(shape, list):
        same(f"kind of {what}", type(value), list)
        for each in value:
            fits(f"one of {what}", each, shape[0])
    else:
        same(f"{what} as {shape}: {value!r}", is_one(value, shape), True)


def is_one(value: Any, kind: Any) -> bool:  # noqa: ANN401 - as above
    if value is None:
        return kind is None or kind == MAYBE_MOMENT
    match kind:
        case "id":
            return isinstance(value, str) and bool(re.fullmatch("[a-z]+_[a-z0-9]+", value))
        case "text":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "moment" | "moment or null":
            return isinstance(value, str) and bool(TIME.fullmatch(value))
    return isinstance(kind, type) and isinstance(value, kind)


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def same(what: str, found: object, documented: object) -> None:
    if found != documented:
        raise SystemExit(f"{what}: found {found!r}, documented {documented!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
