"""The doctor's look at the store: written, read, linked to, fetched as clients do, and deleted."""

import secrets
from datetime import timedelta

import httpx

from server.parts import open_storage
from server.settings import Settings
from storage.interface import SignedUrl
from storage.keys import upload_data_key
from storage.open_store import OpenedStore
from zerokerf.cli.doctor.findings import Finding

_BYTES = 64 * 1024
_LINK_LIVES = timedelta(minutes=5)


async def look_at_store(settings: Settings) -> Finding:
    uses_folder = settings.signing_key is None or settings.storage_url is None
    if uses_folder and not settings.data_dir.is_dir():
        missing = f"The data folder {settings.data_dir.absolute()} is not there."
        return Finding("store", missing, "Start the service here, or name its folder with --data-dir.")
    async with open_storage(settings) as opened:
        await opened.store.check()
        # Belongs to nobody: if we die here, it is swept with all that does.
        key = upload_data_key("doctor", f"doctor_{secrets.token_hex(8)}")
        try:
            return await _tried(opened, key, settings)
        finally:
            await opened.store.delete(key)


async def _tried(opened: OpenedStore, key: str, settings: Settings) -> Finding:
    content = secrets.token_bytes(_BYTES)
    await opened.store.put(key, content, content_type="application/octet-stream")
    if b"".join([chunk async for chunk in opened.store.get(key)]) != content:
        return Finding("store", "It gives back other bytes than it took.", "Do not use this store.")
    link = await opened.signer.sign_get(key, _LINK_LIVES, filename="doctor.bin")
    place = str(httpx.URL(link.url).copy_with(path="/", query=None))
    trouble = await _trouble_fetching(link, content)
    if trouble is not None:
        found = f"Bytes are written and read, but a link to {place} {trouble}."
        return Finding("store", found, _way_out(opened, settings))
    return Finding("store", f"Bytes are written, read, and fetched by a link to {place}.")


async def _trouble_fetching(link: SignedUrl, content: bytes) -> str | None:
    try:
        async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
            answer = await http.request(link.method, link.url, headers=dict(link.headers))
    except httpx.HTTPError as error:
        return f"is not answered ({type(error).__name__})"
    if answer.status_code != 200:
        return f"is answered with status {answer.status_code}"
    return None if answer.content == content else "gives other bytes"


def _way_out(opened: OpenedStore, settings: Settings) -> str:
    if opened.local_root is None:
        return (
            "Name the address at which clients reach the store: ZEROKERF_STORAGE_URL=s3…?public=https://host."
        )
    return (
        f"Start the gateway, on this data folder, so that {settings.public_base_url} leads to it; "
        "another address of it is set by ZEROKERF_PUBLIC_URL."
    )
