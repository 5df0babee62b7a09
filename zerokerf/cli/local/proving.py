"""Proves a folder against its manifest, step by step."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from server.media.manifest.check import Finding, reprove
from server.media.manifest.document import Manifest, from_json
from zerokerf.cli.local.view import WorkView
from zerokerf.errors import InvalidManifest

#: Ten thousand segments make about six million bytes.
_MAX_MANIFEST_BYTES = 64 * 2**20


async def read_manifest(path: Path) -> Manifest:
    """Raises InvalidManifest."""
    if (await asyncio.to_thread(path.stat)).st_size > _MAX_MANIFEST_BYTES:
        raise InvalidManifest("it", f"it is larger than {_MAX_MANIFEST_BYTES} bytes")
    return from_json(await asyncio.to_thread(path.read_bytes))


async def findings(manifest: Manifest, folder: Path, view: WorkView) -> AsyncIterator[Finding]:
    """What is wrong, one by one."""
    count = len(manifest.segments)
    steps = reprove(manifest, folder)
    for done in range(count + 1):
        finding = await asyncio.to_thread(next, steps, None)
        view.moved("proving", done, count, f"{done} of {count} segments")
        if finding is not None:
            yield finding
