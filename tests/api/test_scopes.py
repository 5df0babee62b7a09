"""Every method of the API says what it takes to call it, and nothing else does."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

import zerokerf.v1
from server.accounts.model import Caller, Plan, Scope
from server.api.scopes import SCOPES, check_scope
from zerokerf.errors import InsufficientScope

PREFIX = "/zerokerf.v1."
MANAGING = ("AccountService", "WebhookService")
READING = {Scope.SPLITS_READ, Scope.BATCH_READ}
WRITING = {Scope.SPLITS_WRITE, Scope.BATCH_WRITE}


def methods() -> Iterator[tuple[str, MethodDescriptor]]:
    """Of all services that there are."""
    for module in pkgutil.iter_modules(zerokerf.v1.__path__, "zerokerf.v1."):
        if not module.name.endswith("_service_pb2"):
            continue
        for service in import_module(module.name).DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield f"/{service.full_name}/{method.name}", method


def is_of_jobs(name: str) -> bool:
    return not name.removeprefix(PREFIX).startswith((*MANAGING, "UploadService"))


def bearer(*scopes: Scope) -> Caller:
    return Caller("acc_a", Plan("plan_x", "X"), frozenset(scopes))


def test_the_table_has_every_method_and_no_other() -> None:
    assert set(SCOPES) == {name for name, _ in methods()}
    assert len(SCOPES) > 30


def test_every_method_needs_some_scope() -> None:
    assert all(SCOPES.values())


@pytest.mark.parametrize("name", [name for name, _ in methods()])
def test_accounts_are_managed_by_managers_and_jobs_are_not(name: str) -> None:
    is_managing = name.removeprefix(PREFIX).startswith(MANAGING)

    if name == f"{PREFIX}AccountService/CheckCaller":
        assert SCOPES[name] == set(Scope)
    elif is_managing:
        assert SCOPES[name] == {Scope.KEYS_MANAGE}
    else:
        assert Scope.KEYS_MANAGE not in SCOPES[name]


@pytest.mark.parametrize(("name", "method"), [pair for pair in methods() if is_of_jobs(pair[0])])
def test_jobs_are_changed_by_writers_and_seen_by_readers(name: str, method: MethodDescriptor) -> None:
    is_read = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS

    assert SCOPES[name] <= (READING if is_read else WRITING)
    assert all(scope.startswith("batch:") == ("Batch" in name) for scope in SCOPES[name])


def test_writers_of_either_kind_may_upload() -> None:
    for name in SCOPES:
        if "UploadService" in name:
            assert SCOPES[name] == WRITING


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_opens_what_names_it_and_nothing_else(scope: Scope) -> None:
    for name, enough in SCOPES.items():
        if scope in enough:
            check_scope(bearer(scope), enough)
        else:
            with pytest.raises(InsufficientScope):
                check_scope(bearer(scope), enough)
        assert name.startswith(PREFIX)


def test_a_refusal_names_the_scope_that_is_missing() -> None:
    with pytest.raises(InsufficientScope) as raised:
        check_scope(bearer(Scope.SPLITS_READ), SCOPES[f"{PREFIX}UploadService/CreateUpload"])

    assert raised.value.facts == {"scope": "batch:write or splits:write"}


def test_who_has_no_scope_may_do_nothing() -> None:
    for enough in SCOPES.values():
        with pytest.raises(InsufficientScope):
            check_scope(bearer(), enough)
