"""What a caller needs for each call. Every method of the API has its line here."""

from collections.abc import Mapping

from server.accounts.model import ALL_SCOPES, Caller, Scope
from zerokerf.errors import InsufficientScope

Scopes = frozenset[Scope]

_SPLITS_READ = frozenset({Scope.SPLITS_READ})
_SPLITS_WRITE = frozenset({Scope.SPLITS_WRITE})
_BATCH_READ = frozenset({Scope.BATCH_READ})
_BATCH_WRITE = frozenset({Scope.BATCH_WRITE})
#: What is uploaded becomes a job of either kind.
_UPLOADS = _SPLITS_WRITE | _BATCH_WRITE
_MANAGING = frozenset({Scope.KEYS_MANAGE})

#: By full name of the method. Any one of the scopes is enough.
SCOPES: Mapping[str, Scopes] = {
    "/zerokerf.v1.SplitService/CreateSplit": _SPLITS_WRITE,
    "/zerokerf.v1.SplitService/GetSplit": _SPLITS_READ,
    "/zerokerf.v1.SplitService/ListSplits": _SPLITS_READ,
    "/zerokerf.v1.SplitService/DeleteSplit": _SPLITS_WRITE,
    "/zerokerf.v1.SplitService/CancelSplit": _SPLITS_WRITE,
    # Says what a job would do, and changes nothing.
    "/zerokerf.v1.SplitService/PlanSplit": _SPLITS_READ,
    "/zerokerf.v1.SplitService/GetSplitManifest": _SPLITS_READ,
    "/zerokerf.v1.SplitService/WatchSplit": _SPLITS_READ,
    "/zerokerf.v1.BatchService/CreateBatchJob": _BATCH_WRITE,
    "/zerokerf.v1.BatchService/StreamBatchJob": _BATCH_WRITE,
    "/zerokerf.v1.BatchService/CreateBatchUpload": _BATCH_WRITE,
    "/zerokerf.v1.BatchService/GetBatchJob": _BATCH_READ,
    "/zerokerf.v1.BatchService/ListBatchJobs": _BATCH_READ,
    "/zerokerf.v1.BatchService/DeleteBatchJob": _BATCH_WRITE,
    "/zerokerf.v1.BatchService/CancelBatchJob": _BATCH_WRITE,
    "/zerokerf.v1.BatchService/GetBatchJobFiles": _BATCH_READ,
    "/zerokerf.v1.BatchService/WatchBatchJob": _BATCH_READ,
    "/zerokerf.v1.BatchService/ListBatchModels": _BATCH_READ,
    "/zerokerf.v1.UploadService/CreateUpload": _UPLOADS,
    "/zerokerf.v1.UploadService/GetUpload": _UPLOADS,
    "/zerokerf.v1.UploadService/WriteUpload": _UPLOADS,
    "/zerokerf.v1.AccountService/CreateApiKey": _MANAGING,
    "/zerokerf.v1.AccountService/ListApiKeys": _MANAGING,
    "/zerokerf.v1.AccountService/GetApiKey": _MANAGING,
    "/zerokerf.v1.AccountService/UpdateApiKey": _MANAGING,
    "/zerokerf.v1.AccountService/RevokeApiKey": _MANAGING,
    "/zerokerf.v1.AccountService/RotateApiKey": _MANAGING,
    "/zerokerf.v1.AccountService/GetAccount": _MANAGING,
    "/zerokerf.v1.AccountService/GetUsage": _MANAGING,
    "/zerokerf.v1.AccountService/ExportAccount": _MANAGING,
    "/zerokerf.v1.AccountService/GetAccountExport": _MANAGING,
    "/zerokerf.v1.AccountService/DeleteAccount": _MANAGING,
    # Asks whether a caller is known, whatever it may do.
    "/zerokerf.v1.AccountService/CheckCaller": ALL_SCOPES,
    "/zerokerf.v1.WebhookService/ListWebhookDeliveries": _MANAGING,
    "/zerokerf.v1.WebhookService/GetWebhookDelivery": _MANAGING,
    "/zerokerf.v1.WebhookService/RedeliverWebhook": _MANAGING,
    "/zerokerf.v1.WebhookService/ListWebhookEndpoints": _MANAGING,
    "/zerokerf.v1.WebhookService/EnableWebhookEndpoint": _MANAGING,
    "/zerokerf.v1.WebhookService/GetWebhookSecret": _MANAGING,
    "/zerokerf.v1.WebhookService/RotateWebhookSecret": _MANAGING,
}


def check_scope(caller: Caller, enough: Scopes) -> None:
    """Raises InsufficientScope for a caller who has none of them."""
    if not caller.scopes & enough:
        raise InsufficientScope(" or ".join(sorted(enough)))
