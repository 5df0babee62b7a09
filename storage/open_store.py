"""Turns a URL into a store and its signer."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.address import FolderAddress, MemoryAddress, parse_address
from storage.interface import ObjectStore, Sweeper, UrlSigner
from storage.local import LocalStore
from storage.memory import MemoryStore
from storage.s3 import S3Store
from storage.s3_client import S3Address, S3Credentials, provider_of
from storage.s3_signer import S3Signer
from storage.signed_links import LocalSigner
from zerokerf.errors import ConfigError

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """`local_root` is set when links lead to our own gateway, which serves the files from there."""

    store: ObjectStore
    signer: UrlSigner
    sweeper: Sweeper
    local_root: Path | None


@asynccontextmanager
async def open_store(
    url: str, *, credentials: S3Credentials | None, signing_key: bytes, public_url: str
) -> AsyncIterator[OpenedStore]:
    """Speaks to no server: `check` of the store does, and creates a missing bucket.

    Raises ConfigError.
    """
    address = parse_address(url)
    async with AsyncExitStack() as stack:
        if isinstance(address, S3Address):
            yield _open_s3(address, credentials, stack)
            return
        if len(signing_key) < _KEY_BYTES:
            raise ConfigError(f"The key that signs links must have at least {_KEY_BYTES} bytes.")
        yield await _open_own(address, LocalSigner(public_url, signing_key), stack)


def _open_s3(address: S3Address, credentials: S3Credentials | None, stack: AsyncExitStack) -> OpenedStore:
    provider = provider_of(credentials)
    store = S3Store(address, provider)
    stack.push_async_callback(store.aclose)
    signer = S3Signer(address, provider)
    stack.push_async_callback(signer.aclose)
    return OpenedStore(store, signer, store, local_root=None)


async def _open_own(
    address: MemoryAddress | FolderAddress, signer: UrlSigner, stack: AsyncExitStack
) -> OpenedStore:
    if isinstance(address, MemoryAddress):
        memory = MemoryStore()
        stack.push_async_callback(memory.aclose)
        return OpenedStore(memory, signer, memory, local_root=None)
    folder = LocalStore(address.root)
    stack.push_async_callback(folder.aclose)
    try:
        await folder.prepare()
    except OSError as error:
        why = error.strerror or "it cannot be written"
        raise ConfigError(f"The storage folder {address.root} cannot be used: {why}.") from error
    return OpenedStore(folder, signer, folder, local_root=address.root)
