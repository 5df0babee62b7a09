"""Example requests and answers about accounts: those of the documentation and of extensions."""

from typing import Any

_MADE = "2026-03-29T10:00:00Z"

CREATE_KEY: dict[str, Any] = {
    "name": "CI",
    "scopes": ["splits:read", "splits:write"],
    "expiresAt": "2027-03-29T10:00:00Z",
}
CREATE_TEST_KEY: dict[str, Any] = {"name": "Trials", "environment": "test"}
CREATED_KEY: dict[str, Any] = {
    "id": "key_abc123",
    "name": "CI",
    "key": "as_live_sk_x1y2z3…",
    "scopes": ["splits:read", "splits:write"],
    "createdAt": _MADE,
    "expiresAt": "2027-03-29T10:00:00Z",
}
KEY: dict[str, Any] = {
    "id": "key_abc123",
    "name": "CI",
    "keyPreview": "as_live_sk_x1y...9zk",
    "scopes": ["splits:read", "splits:write"],
    "lastUsedAt": None,
    "createdAt": _MADE,
    "expiresAt": None,
}
KEYS: dict[str, Any] = {"data": [KEY]}
KEY_DETAILS: dict[str, Any] = KEY | {"lastUsedAt": "2026-03-30T08:00:00Z", "usageCount": 1402}
UPDATE_KEY: dict[str, Any] = {"name": "Build server", "expiresAt": None}
UPDATED_KEY: dict[str, Any] = KEY | {"name": "Build server", "updatedAt": "2026-03-30T09:00:00Z"}
ROTATED_KEY: dict[str, Any] = {
    "id": "key_abc123",
    "name": "CI",
    "key": "as_live_sk_n3w4k5…",
    "scopes": ["splits:read", "splits:write"],
    "rotatedAt": "2026-03-30T09:00:00Z",
    "createdAt": _MADE,
}

BILLING: dict[str, Any] = {
    "plan": {
        "id": "plan_pro",
        "name": "Pro",
        "monthlyMinutes": 5000,
        "maxFileSize": 2147483648,
        "pricePerMonth": 4900,
        "currency": "usd",
    },
    "subscription": None,
    "paymentMethod": None,
}
USAGE: dict[str, Any] = {
    "period": {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"},
    "usage": {
        "minutesProcessed": 5120,
        "minutesIncluded": 5000,
        "minutesOverage": 120,
        "jobsCompleted": 342,
        "jobsFailed": 4,
        "storageUsedBytes": 104857600,
    },
    "cost": {"basePlan": 4900, "overage": 120, "total": 5020, "currency": "usd"},
}

EXPORT_REQUEST: dict[str, Any] = {"format": "json", "webhookUrl": "https://hooks.example.com/as"}
EXPORTING: dict[str, Any] = {
    "exportId": "exp_abc123",
    "status": "processing",
    "format": "json",
    "estimatedCompletionAt": "2026-03-29T10:15:00Z",
    "message": "The archive is being made. Ask for the export by its id to see whether it is there.",
}
EXPORTED: dict[str, Any] = {
    "exportId": "exp_abc123",
    "status": "completed",
    "format": "json",
    "createdAt": _MADE,
    "completedAt": "2026-03-29T10:00:07Z",
    "downloadUrl": "https://files.example.com/files/t/acc_1/x/exp_abc123/zerokerf-export.zip?e=1&s=…",
    "size": 51200,
    "expiresAt": "2026-03-30T10:01:00Z",
    "availableUntil": "2026-04-05T10:00:07Z",
}
DELETE_ACCOUNT: dict[str, Any] = {"confirmation": "DELETE MY ACCOUNT"}
DELETED_ACCOUNT: dict[str, Any] = {
    "message": "The account is closed and its keys have ended. Its last records go on the given day.",
    "deletionScheduledAt": "2026-04-28T10:00:00Z",
}

LISTED_DELIVERY: dict[str, Any] = {
    "id": "dlv_abc123",
    "event": "job.completed",
    "jobId": "job_abc123",
    "url": "https://hooks.example.com/as",
    "status": "pending",
    "attempts": [
        {"timestamp": "2026-03-29T10:01:24Z", "status": 500, "answer": "oops", "milliseconds": 181},
        {"timestamp": "2026-03-29T10:02:25Z", "error": "The connection was refused.", "milliseconds": 3},
    ],
    "createdAt": "2026-03-29T10:01:23Z",
    "nextAttemptAt": "2026-03-29T10:07:25Z",
}
DELIVERIES: dict[str, Any] = {"data": [LISTED_DELIVERY], "nextPageToken": "b3BhcXVl"}
DELIVERY: dict[str, Any] = {
    "id": "dlv_abc124",
    "event": "job.failed",
    "jobId": "job_abc124",
    "url": "https://hooks.example.com/as",
    "status": "delivered",
    "attempts": [{"timestamp": "2026-03-29T10:01:24Z", "status": 204, "answer": "", "milliseconds": 42}],
    "createdAt": "2026-03-29T10:01:23Z",
    "endedAt": "2026-03-29T10:01:24Z",
    "body": '{"event":"job.failed","jobId":"job_abc124","timestamp":"2026-03-29T10:01:23Z","data":{'
    '"status":"failed","error":{"code":"CORRUPT_FILE","message":"It ends in a header."}}}',
}
DISABLED: dict[str, Any] = {
    "url": "https://hooks.example.com/as",
    "failedInARow": 3,
    "disabledAt": "2026-04-08T20:37:23Z",
}
ENDPOINTS: dict[str, Any] = {"data": [DISABLED, {"url": "https://hooks.example.com/b", "failedInARow": 1}]}
ENABLE: dict[str, Any] = {"url": "https://hooks.example.com/as"}
ENABLED: dict[str, Any] = {"url": "https://hooks.example.com/as", "failedInARow": 0}
SECRET: dict[str, Any] = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
ROTATE_SECRET: dict[str, Any] = {"endPreviousNow": False}
ROTATED_SECRET: dict[str, Any] = {
    "secret": "whsec_8vS0pVq2W1y0m1JcQkQ3yqzUeXn5b7Lr",
    "previousExpiresAt": "2026-03-30T10:00:00Z",
}
