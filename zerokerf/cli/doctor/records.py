"""The doctor's looks at the database and at the clocks."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from server.database.clock import utc_now
from server.database.open import open_database
from server.database.revision import revision_of, time_of
from server.settings import Settings
from storage.address import parse_address
from storage.s3_client import S3Address
from zerokerf.cli.doctor.findings import Finding

#: Clocks that differ by minutes refuse links and tokens; good ones differ by less than a second.
MOST_SKEW_S = 10.0
_SYNCHRONIZE = "Let all machines take their time from the same servers (NTP)."


async def look_at_database(settings: Settings) -> Finding:
    if settings.database_url is None and not _file_of(settings).is_file():
        return Finding("database", f"There is none at {_file_of(settings)}.", "Run 'zerokerf migrate'.")
    async with open_database(settings.database) as database:
        await database.check()
        revision = await revision_of(database)
        kind = "PostgreSQL" if database.is_postgres else "SQLite"
    if not revision.is_wanted:
        found = f"{kind} has tables of version {revision.found or 'none'}, {revision.wanted} is needed."
        return Finding("database", found, "Run 'zerokerf migrate' with the newest version of the service.")
    return Finding("database", f"{kind} answers, with tables of version {revision.found}.")


async def look_at_clock(settings: Settings) -> Finding:
    skews = {name: abs(skew_s) for name, skew_s in (await _skews(settings)).items()}
    if not skews:
        return Finding("clock", "Records and files are on this machine: there is no other clock.")
    name = max(skews, key=lambda each: skews[each])
    found = f"The clock of the {name} differs by {skews[name]:.1f} s from this machine's."
    return Finding("clock", found, _SYNCHRONIZE if skews[name] > MOST_SKEW_S else "")


async def _skews(settings: Settings) -> dict[str, float]:
    skews = {}
    if settings.database_url is not None:
        async with open_database(settings.database) as database:
            if (now := await time_of(database)) is not None:
                skews["database"] = (now - utc_now()).total_seconds()
    address = parse_address(settings.storage)
    if isinstance(address, S3Address) and (now := await _date_of(_url(address))) is not None:
        skews["store"] = (now - utc_now()).total_seconds()
    return skews


async def _date_of(url: str) -> datetime | None:
    """As its server states it with any answer, to the second. None where it does not."""
    try:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http, http.stream("GET", url) as answer:
            stated = answer.headers.get("date")
    except httpx.HTTPError:
        return None  # what is wrong with the store is said where it is looked at
    try:
        return parsedate_to_datetime(stated).astimezone(UTC) if stated else None
    except ValueError:
        return None


def _url(address: S3Address) -> str:
    endpoint = address.endpoint
    return f"{'https' if endpoint.secure else 'http'}://{endpoint.netloc}"


def _file_of(settings: Settings) -> Path:
    return Path(settings.database.removeprefix("sqlite:///"))
