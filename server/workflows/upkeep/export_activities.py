"""The steps of an archive. Each may run twice: its effects land on one key and one row."""

from dataclasses import dataclass

import structlog
from temporalio import activity

from server.accounts.archive import write_archive
from server.accounts.export_records import ExportRecords
from server.database.open import Database
from server.workflows.scratch import Scratch
from server.workflows.upkeep.messages import ExportRef
from server.workflows.upkeep.steps import upkeep
from storage.interface import ObjectStore
from storage.keys import export_key, export_prefix

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ExportParts:
    """What archives are made with."""

    database: Database
    records: ExportRecords
    store: ObjectStore
    scratch: Scratch


class ExportActivities:
    def __init__(self, parts: ExportParts) -> None:
        self._parts = parts

    @activity.defn(name="export.make")
    async def make(self, ref: ExportRef) -> None:
        """The archive is stored and on record, and whoever is to be told of it will be."""
        async with upkeep():
            await self._make(ref)

    @activity.defn(name="export.fail")
    async def fail(self, ref: ExportRef) -> None:
        async with upkeep():
            await self._parts.store.delete_prefix(export_prefix(ref.account_id, ref.export_id))
            await self._parts.records.fail(ref.export_id)
            log.warning("export failed", action="export", export_id=ref.export_id, account_id=ref.account_id)

    async def _make(self, ref: ExportRef) -> None:
        parts = self._parts
        export = await parts.records.wanted(ref.export_id)
        if export is None:
            return
        async with parts.scratch.folder(export.id) as folder:
            path = folder.path / "export.zip"
            await write_archive(parts.database, export.account_id, export.format, path, folder.reserve)
            key = export_key(export.account_id, export.id)
            stored = await parts.store.put(key, path, content_type="application/zip")
        if not await parts.records.complete(export, stored.size):
            await parts.store.delete(key)  # its account was closed meanwhile
            return
        log.info("export completed", action="export", export_id=export.id, account_id=export.account_id)
