"""What a command without a service works with: a decoder, a prober, and all the cores there are."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.media.cutter import Tools
from server.media.decoder import check_decoder, find_decoder
from server.media.facts import MediaLimits
from server.media.probing.prober import start_prober


@asynccontextmanager
async def local_tools(ffmpeg: Path | None, parallel: int | None) -> AsyncIterator[Tools]:
    """Closed on the way out. Raises ConfigError for an ffmpeg that cannot do what is needed."""
    decoder = find_decoder(None if ffmpeg is None else _program(ffmpeg))
    if ffmpeg is not None:
        await check_decoder(decoder)
    async with start_prober() as prober:
        yield Tools(decoder, prober, MediaLimits(), parallel or os.cpu_count() or 2)


def _program(name: Path) -> Path:
    """Found as a shell would, and named so that it is found from any folder."""
    return Path(shutil.which(name) or name).absolute()
