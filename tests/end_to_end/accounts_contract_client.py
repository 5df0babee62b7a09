"""A client of the whole documented contract, with nothing but the standard library.

    python -S -m tests.end_to_end.accounts_contract_client BASE_URL API_KEY TOKEN SOURCE_URL WEBHOOK_URL

The account must be fresh and of a plan with every limit. Prints each row of the documented table of endpoints
once it answered as documented, and the code of each refusal. The last row deletes the account.
"""

import json
import re
import sys
import time

from tests.end_to_end.accounts_contract_api import (
    ID,
    MAYBE_MOMENT,
    MOMENT,
    NUMBER,
    POLL_S,
    TEXT,
    Api,
    ended,
    fields,
    same,
    say,
)

ALL_SCOPES = ["batch:read", "batch:write", "keys:manage", "splits:read", "splits:write"]
SPLIT = fields(id=ID, status=TEXT, splitMode=TEXT, segmentDuration=NUMBER)
ASKED = SPLIT | fields(outputFormat=TEXT)
QUEUED = ASKED | fields(webhookUrl=TEXT, metadata=fields(lesson=TEXT), createdAt=MOMENT)
SOURCE = fields(sourceFileName=TEXT, sourceDuration=NUMBER, sourceSize=NUMBER)
SEGMENT = fields(index=NUMBER, downloadUrl=TEXT, duration=NUMBER, size=NUMBER, expiresAt=MOMENT)
ENDED = fields(createdAt=MOMENT, completedAt=MOMENT)
COMPLETED = ASKED | SOURCE | fields(segments=[SEGMENT], metadata=fields(lesson=TEXT)) | ENDED
PAGE = fields(page=NUMBER, limit=NUMBER, total=NUMBER, totalPages=NUMBER)
SPLITS = fields(data=[SPLIT | ENDED], pagination=PAGE)
KEY = fields(id=ID, name=TEXT, keyPreview=TEXT, scopes=list)
LISTED = KEY | fields(lastUsedAt=MAYBE_MOMENT, createdAt=MOMENT, expiresAt=MAYBE_MOMENT)
SHOWN = fields(id=ID, name=TEXT, key=TEXT, scopes=list)
MADE = SHOWN | fields(createdAt=MOMENT, expiresAt=MAYBE_MOMENT)
ROTATED = SHOWN | fields(rotatedAt=MOMENT, createdAt=MOMENT)
LIMITS = fields(id=TEXT, name=TEXT, monthlyMinutes=NUMBER, maxFileSize=NUMBER)
BILLING = fields(
    plan=LIMITS | fields(pricePerMonth=NUMBER, currency=TEXT), subscription=None, paymentMethod=None
)
MINUTES = fields(minutesProcessed=NUMBER, minutesIncluded=NUMBER, minutesOverage=NUMBER)
JOBS = fields(jobsCompleted=NUMBER, jobsFailed=NUMBER, storageUsedBytes=NUMBER)
COST = fields(basePlan=NUMBER, overage=NUMBER, total=NUMBER, currency=TEXT)
USAGE = fields(period=fields(start=MOMENT, end=MOMENT), usage=MINUTES | JOBS, cost=COST)
EXPORT = fields(exportId=ID, status=TEXT, format=TEXT)
REQUESTED = EXPORT | fields(estimatedCompletionAt=MOMENT, message=TEXT)
EXPORTED = EXPORT | ENDED | fields(downloadUrl=TEXT, size=NUMBER, expiresAt=MOMENT, availableUntil=MOMENT)
ATTEMPT = fields(timestamp=MOMENT, status=NUMBER, answer=TEXT, milliseconds=NUMBER)
SENT = fields(id=ID, event=TEXT, jobId=ID, url=TEXT, status=TEXT)
DELIVERY = SENT | fields(attempts=[ATTEMPT], createdAt=MOMENT, endedAt=MOMENT)
DELETED = fields(message=TEXT, deletionScheduledAt=MOMENT)


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
    api.row(200, BILLING, "GET", "/billing")
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
    asked = api.row(202, REQUESTED, "POST", "/account/export", body={"format": "csv"})
    same("a new export", (asked["status"], asked["format"]), ("processing", "csv"))
    ended(api, "/account/exports/:exportId", asked["exportId"], "completed")
    api.row(200, EXPORTED, "GET", "/account/exports/:exportId", asked["exportId"])
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
    by_token.row(200, DELETED, "DELETE", "/account", body={"confirmation": "DELETE MY ACCOUNT"})
    gone(by_key, "KEY_REVOKED")


def gone(api: Api, code: str) -> None:
    """Within the second that callers may be remembered for."""
    give_up_at = time.monotonic() + 1
    while api.call("GET", "/splits", "", None)[0] != 401 and time.monotonic() < give_up_at:
        time.sleep(POLL_S)
    api.refused(401, code, "GET", "/splits")


if __name__ == "__main__":
    main(*sys.argv[1:])
