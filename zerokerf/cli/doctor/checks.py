"""What the doctor looks at, in order: each look is limited in time, and none hinders another."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from server.logs import configure_logs
from server.settings import Settings
from zerokerf.cli.doctor.engine import look_at_engine
from zerokerf.cli.doctor.findings import Finding
from zerokerf.cli.doctor.records import look_at_clock, look_at_database
from zerokerf.cli.doctor.store import look_at_store
from zerokerf.cli.doctor.tools import look_at_decoder, look_at_disk, look_at_recognizer
from zerokerf.errors import ZerokerfError

Look = Callable[[Settings], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """`to_do` is said of what the look itself did not expect."""

    name: str
    look: Look
    to_do: str
    limit_s: float = 30.0


CHECKS = (
    Check("database", look_at_database, "Start the database, and check ZEROKERF_DATABASE_URL."),
    Check("engine", look_at_engine, "Start 'zerokerf serve', or check ZEROKERF_TEMPORAL_ADDRESS."),
    Check(
        "store",
        look_at_store,
        "Check ZEROKERF_STORAGE_URL and its keys, and that they may read, write and delete.",
        60.0,
    ),
    Check("decoder", look_at_decoder, "Install the package anew, or set ZEROKERF_FFMPEG to a full build."),
    Check(
        "recognizer", look_at_recognizer, "Check ZEROKERF_SPEECH_MODELS and the other SPEECH settings.", 300.0
    ),
    Check("clock", look_at_clock, "See to what the other lines say first."),
    Check("disk", look_at_disk, "Check ZEROKERF_SCRATCH_DIR and ZEROKERF_DATA_DIR."),
)


async def examine(settings: Settings) -> AsyncGenerator[Finding, None]:
    # What is wrong is in the findings; what parts say of it besides would stand between them.
    configure_logs("error", "console")
    for check in CHECKS:
        yield await _finding(check, settings)


async def _finding(check: Check, settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(check.limit_s):
            return await check.look(settings)
    except TimeoutError:
        return Finding(check.name, f"No answer within {check.limit_s:g} s.", check.to_do)
    except (ZerokerfError, OSError) as error:
        return Finding(check.name, str(error) or type(error).__name__, check.to_do)
