"""A key names what owns it, and only a key that this service would make does."""

import pytest

from storage.keys import (
    Owner,
    OwnerKind,
    account_prefix,
    export_key,
    job_prefix,
    owner_of,
    segment_key,
    source_key,
    upload_data_key,
    upload_part_key,
)
from zerokerf.errors import InvalidObjectKey


@pytest.mark.parametrize(
    ("key", "kind", "owner_id"),
    [
        (source_key("acc_a", "job_1"), OwnerKind.JOB, "job_1"),
        (segment_key("acc_a", "job_1", 0, "mp3"), OwnerKind.JOB, "job_1"),
        (upload_data_key("acc_a", "upl_1"), OwnerKind.UPLOAD, "upl_1"),
        (upload_part_key("acc_a", "upl_1", 0), OwnerKind.UPLOAD, "upl_1"),
        (export_key("acc_a", "exp_1"), OwnerKind.EXPORT, "exp_1"),
    ],
)
def test_a_key_names_its_owner(key: str, kind: OwnerKind, owner_id: str) -> None:
    assert owner_of(key) == Owner("acc_a", kind, owner_id)
    assert key.startswith(account_prefix("acc_a"))


@pytest.mark.parametrize(
    "key",
    ["", "t", "t/", "t/acc_a", "t/acc_a/j", "t/acc_a/j/job_1", "t/acc_a/q/1/a.bin", "x/acc_a/j/job_1/a.bin"],
)
def test_what_lies_elsewhere_has_no_owner(key: str) -> None:
    assert owner_of(key) is None


def test_no_id_leads_out_of_its_account() -> None:
    for account_id, job_id in (("acc_a/..", "job_1"), ("acc_a", "../acc_b"), ("", "job_1"), ("acc_a", "")):
        with pytest.raises(InvalidObjectKey):
            job_prefix(account_id, job_id)
    with pytest.raises(InvalidObjectKey):
        account_prefix("acc_a/j")
