"""Objects that nothing on record owns: found by going through the whole store, removed, and reported."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from server.database.open import Database
from server.retention.owners import Owners
from storage.interface import ObjectInfo, ObjectStore
from storage.keys import ALL_ACCOUNTS, Owner, owner_of
from storage.paging import pages

_PAGE = 1000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found. `foreign` objects belong to no account of these records, and are left alone."""

    looked_at: int = 0
    removed: int = 0
    removed_bytes: int = 0
    foreign: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            self.looked_at + other.looked_at,
            self.removed + other.removed,
            self.removed_bytes + other.removed_bytes,
            self.foreign + other.foreign,
        )


async def sweep_orphans(database: Database, store: ObjectStore, made_before: datetime) -> Swept:
    """Look at every object made before then. Memory is flat in their number; safe to repeat at any point."""
    swept, owners = Swept(), Owners(database)
    async for page in pages(store.list(ALL_ACCOUNTS), _PAGE):
        old = [each for each in page if each.modified is not None and each.modified < made_before]
        swept += await _sweep(owners, store, old) + Swept(looked_at=len(page))
    return swept


async def _sweep(owners: Owners, store: ObjectStore, found: list[ObjectInfo]) -> Swept:
    owned = [(each, owner) for each in found if (owner := owner_of(each.key)) is not None]
    known = await owners.look_up({owner for _, owner in owned})
    orphans = [each for each in owned if not known.keeps(each[1])]
    ours = [(info, owner) for info, owner in orphans if known.is_ours(owner, info.modified)]
    if ours:
        await store.delete(*(info.key for info, _ in ours))
        _report(owner for _, owner in ours)
    strange = len(found) - len(owned) + len(orphans) - len(ours)
    return Swept(removed=len(ours), removed_bytes=sum(info.size for info, _ in ours), foreign=strange)


def _report(owners: Iterable[Owner]) -> None:
    for owner, objects in Counter(owners).items():
        log.warning(
            "orphans removed",
            action="sweep",
            account_id=owner.account_id,
            owner=owner.id,
            kind=owner.kind.name.lower(),
            objects=objects,
        )
