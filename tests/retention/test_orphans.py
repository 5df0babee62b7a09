"""What nothing on record owns is found, removed and told; everything else is left as it is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minio import Minio
from sqlalchemy import Table, insert, update
from structlog.testing import capture_logs

from server.database.open import Database
from server.database.tables import account_exports, jobs, uploads
from server.retention.orphans import Swept, sweep_orphans
from storage.interface import ObjectStore
from storage.local import LocalStore
from storage.memory import MemoryStore
from storage.open_store import open_store
from storage.s3_client import S3Credentials
from storage.s3_multipart import MultipartUpload
from tests.retention.kept import (
    BIN,
    DAY,
    FailingStore,
    add_account,
    begun,
    completed,
    files_of,
    keys,
    put,
    records_at,
)
from tests.services.seaweed import REGION, SeaweedServer
from zerokerf.errors import Unavailable

BEGAN = datetime.now(UTC) - timedelta(hours=1)
#: As if a day had gone by since.
TOMORROW = datetime.now(UTC) + DAY
LONG_AGO = datetime.now(UTC) - DAY


@pytest.fixture
async def accounts(database: Database) -> None:
    for account_id in ("acc_a", "acc_b"):
        await add_account(database, account_id, BEGAN)


async def kept_ones(database: Database, store: ObjectStore) -> list[str]:
    """Objects of which the records know, and some that no job may touch."""
    records = records_at(database, BEGAN)
    done, running, doomed = (
        await completed(records, store),
        await begun(records),
        await completed(records, store),
    )
    await records.delete("acc_a", doomed.id)  # its clean-up is due still
    await _add(database, uploads, "upl_1", fingerprint="f", declared={}, committed_size=0, last_part=0)
    for state in ("processing", "completed"):
        await _add(database, account_exports, f"exp_{state}", fingerprint="f", format="json", state=state)
    theirs = [
        *files_of(running),
        "t/acc_a/u/upl_1/data.bin",
        "t/acc_a/u/upl_1/parts/0.bin",
        "t/acc_a/x/exp_processing/zerokerf-export.zip",
        "t/acc_a/x/exp_completed/zerokerf-export.zip",
        "t/acc_stranger/j/job_1/in/source",
        "t/acc_a/elsewhere/1/a.bin",
        "backups/a.bin",
    ]
    await put(store, *theirs)
    return sorted([*files_of(done), *files_of(doomed), *theirs])


async def orphans(database: Database, store: ObjectStore) -> list[str]:
    """Objects that should not be there any more, one of each kind."""
    records = records_at(database, BEGAN)
    expired, deleted, failed = [await completed(records, store) for _ in range(3)]
    await _change(database, expired.id, files_removed_at=BEGAN)
    await records.delete("acc_a", deleted.id)
    await records.objects_removed(deleted.id)
    await _change(database, failed.id, state="failed")
    elsewhere = await begun(records, "acc_b")
    await _add(database, account_exports, "exp_failed", fingerprint="f", format="json", state="failed")
    planted = [
        "t/acc_a/j/job_unknown/in/source",
        f"t/acc_a/j/{elsewhere.id}/out/of-another-account.mp3",
        "t/acc_a/u/upl_unknown/parts/0.bin",
        "t/acc_a/x/exp_unknown/zerokerf-export.zip",
        "t/acc_a/x/exp_failed/zerokerf-export.zip",
    ]
    await put(store, *planted)
    return sorted([*files_of(expired), *files_of(deleted), *files_of(failed), *planted])


@pytest.mark.usefixtures("accounts")
async def test_orphans_go_and_nothing_else(database: Database, store: ObjectStore) -> None:
    kept = await kept_ones(database, store)
    planted = await orphans(database, store)

    with capture_logs() as logs:
        swept = await sweep_orphans(database, store, TOMORROW)

    assert await keys(store) == kept
    # One below the root's other folder is not even looked at.
    looked_at = len(kept) + len(planted) - 1
    assert swept == Swept(looked_at, len(planted), 5 * len(planted), foreign=2)
    told = [log for log in logs if log["event"] == "orphans removed"]
    assert sum(log["objects"] for log in told) == len(planted)
    assert {log["owner"] for log in told} == {key.split("/")[3] for key in planted}
    assert await sweep_orphans(database, store, TOMORROW) == Swept(looked_at - len(planted), foreign=2)


@pytest.mark.usefixtures("accounts")
async def test_young_objects_are_left_alone(database: Database, store: ObjectStore) -> None:
    planted = await orphans(database, store)

    swept = await sweep_orphans(database, store, LONG_AGO)

    assert swept == Swept(looked_at=len(planted))
    assert await keys(store) == planted


async def test_objects_older_than_their_account_belong_to_other_records(database: Database) -> None:
    """Of a service whose database was lost, or that was started beside another one by mistake."""
    store = MemoryStore()
    await add_account(database, "acc_a", datetime.now(UTC) + timedelta(hours=1))
    await put(store, "t/acc_a/j/job_1/in/source")

    assert await sweep_orphans(database, store, TOMORROW) == Swept(1, foreign=1)
    assert len(await keys(store)) == 1


@pytest.mark.usefixtures("accounts")
async def test_a_sweep_that_broke_off_is_finished_by_the_next(database: Database) -> None:
    store = FailingStore(removals=1)
    await put(store, *(f"t/acc_a/j/job_{number:04}/in/source" for number in range(2500)))

    with pytest.raises(Unavailable):
        await sweep_orphans(database, store, TOMORROW)
    assert len(await keys(store)) == 1500

    store.removals = 10
    assert (await sweep_orphans(database, store, TOMORROW)).removed == 1500
    assert await keys(store) == []


async def test_a_folder_is_swept_while_it_is_walked(database: Database, tmp_path: Path) -> None:
    await add_account(database, "acc_a", BEGAN)
    store = LocalStore(tmp_path / "objects")
    await store.prepare()
    await put(store, *(f"t/acc_a/j/job_{number:04}/in/source" for number in range(1200)))

    assert (await sweep_orphans(database, store, TOMORROW)).removed == 1200
    assert await keys(store) == []
    await store.aclose()


@pytest.fixture
def bucket(seaweed: SeaweedServer, s3_url: str) -> tuple[Minio, str, str]:
    client = Minio(seaweed.endpoint, seaweed.access_key, seaweed.secret_key, secure=False, region=REGION)
    _, _, path = s3_url.partition("//")
    name, prefix = path.partition("?")[0].split("/")[1:]
    return client, name, prefix


async def test_half_open_uploads_in_parts_are_swept_and_objects_are_not(
    seaweed: SeaweedServer, s3_url: str, bucket: tuple[Minio, str, str]
) -> None:
    client, name, prefix = bucket
    credentials = S3Credentials(seaweed.access_key, seaweed.secret_key)
    async with open_store(s3_url, credentials=credentials, signing_key=b"", public_url="") as opened:
        await opened.store.check()
        await put(opened.store, "t/acc_a/j/job_1/in/source")
        for key in ("t/acc_a/j/job_1/out/1-0.mp3", "t/acc_a/j/job_gone/in/source"):
            half = MultipartUpload(client, name, f"{prefix}/{key}")
            half.begin(BIN)
            half.send(1, b"half")

        assert await opened.sweeper.sweep_unfinished(TOMORROW) == 2
        assert await opened.sweeper.sweep_unfinished(TOMORROW) == 0
        assert await keys(opened.store) == ["t/acc_a/j/job_1/in/source"]
    left = client._list_multipart_uploads(name, prefix=prefix)
    assert left.uploads == []


async def _add(database: Database, table: Table, row_id: str, **columns: object) -> None:
    defaults: dict[str, object] = {"id": row_id, "account_id": "acc_a", "created_at": BEGAN}
    if table is uploads:
        defaults["complete"] = False
    async with database.writing() as connection:
        await connection.execute(insert(table).values(defaults | columns))


async def _change(database: Database, job_id: str, **columns: object) -> None:
    async with database.writing() as connection:
        await connection.execute(update(jobs).where(jobs.c.id == job_id).values(columns))
