"""Archives as they are made: stored whole, on record, and gone again where nobody wants them."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from server.accounts.exports import Export, Exports, ExportState
from server.database.tables import account_exports, webhook_deliveries
from server.workflows.upkeep.engine import AccountEngine
from storage.keys import export_key
from storage.memory import MemoryStore
from storage.signed_links import LocalSigner
from tests.retention.kept import NOW, add_account, count, keys
from tests.storage.content import read
from tests.workflows.upkeep_house import House, running_house
from zerokerf.errors import InternalError

HOOK = "https://example.org/hook"


class FullStore(MemoryStore):
    async def put(self, *args: object, **kwargs: object) -> None:  # type: ignore[override]  # it never stores
        raise InternalError


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running_house(tmp_path) as house:
        await add_account(house.database, "acc_a", NOW, name="North")
        yield house


async def test_an_archive_is_stored_and_on_record(house: House) -> None:
    async with house.worker:
        export = await _exported(house, "csv")

    assert export.state is ExportState.COMPLETED
    content = await read(house.store, export_key("acc_a", export.id))
    assert export.size_bytes == len(content)
    assert export.download_url
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "North" in archive.read("account.csv").decode()
    assert await count(house.database, webhook_deliveries) == 1


async def test_making_it_twice_changes_nothing(house: House) -> None:
    async with house.worker:
        export = await _exported(house, "json")
        await AccountEngine(house.client).start_export(export.id, "acc_a")
        await house.client.get_workflow_handle(export.id).result()

    assert len(await keys(house.store)) == 1
    assert await count(house.database, webhook_deliveries) == 1


async def test_an_archive_that_cannot_be_stored_fails(tmp_path: Path) -> None:
    async with running_house(tmp_path, FullStore()) as house:
        await add_account(house.database, "acc_a", NOW)
        async with house.worker:
            export = await _exported(house, "json")

    assert (export.state, export.download_url) == (ExportState.FAILED, None)


async def test_one_that_is_not_wanted_any_more_is_not_made(house: House) -> None:
    exports = _exports(house)
    export = await exports.export("acc_a", "json", HOOK, None)
    async with house.database.writing() as connection:
        await connection.execute(delete(account_exports))

    async with house.worker:
        await house.client.get_workflow_handle(export.id).result()

    assert await keys(house.store) == []
    assert await count(house.database, webhook_deliveries) == 0


async def _exported(house: House, form: str) -> Export:
    """Asked for, and waited for."""
    exports = _exports(house)
    export = await exports.export("acc_a", form, HOOK, None)
    await house.client.get_workflow_handle(export.id).result()
    return await exports.get_export("acc_a", export.id)


def _exports(house: House) -> Exports:
    signer = LocalSigner("http://files.test", b"k" * 32)
    return Exports(house.database, AccountEngine(house.client), signer)
