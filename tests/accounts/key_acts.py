"""What can be done to a key, by name."""

from server.accounts.key_records import KeyChanges
from server.accounts.model import Caller
from server.database.open import Database
from tests.accounts.tenants import Time, records_at
from zerokerf.errors import ZerokerfError


async def do(act: str, database: Database, time: Time, caller: Caller, key_id: str) -> None:
    """Raises what the act raises."""
    records = records_at(database, time)
    match act:
        case "get":
            await records.get(caller, key_id)
        case "update":
            await records.update(caller, key_id, KeyChanges(name="Changed"))
        case "revoke":
            await records.revoke(caller, key_id)
        case "rotate":
            await records.rotate(caller, key_id)
        case _:
            raise ZerokerfError(act)
