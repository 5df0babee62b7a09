"""What grpc.health.v1 says: whether the database, the engine and the store can be reached."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from grpc_health.v1 import health, health_pb2

from zerokerf.errors import ZerokerfError
from zerokerf.v1 import split_service_pb2, upload_service_pb2

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

Probe = Callable[[], Awaitable[None]]

EVERY_S = 5.0
PROBE_LIMIT_S = 4.0

SERVICES = (
    split_service_pb2.DESCRIPTOR.services_by_name["SplitService"].full_name,
    upload_service_pb2.DESCRIPTOR.services_by_name["UploadService"].full_name,
)

log = structlog.get_logger()


async def watch_health(servicer: health.aio.HealthServicer, probes: Mapping[str, Probe]) -> None:
    """Probe until cancelled. Each part has a service `zerokerf.<part>`; ours serve when all parts do."""
    before: dict[str, bool] = {}
    while True:
        results = await asyncio.gather(*(_passes(probe) for probe in probes.values()))
        now = dict(zip(probes, results, strict=True))
        for part, well in now.items():
            await servicer.set(f"zerokerf.{part}", SERVING if well else NOT_SERVING)
            if before.get(part, True) != well:
                log.warning("health changed", action="health", part=part, well=well)
        for service in ("", *SERVICES):
            await servicer.set(service, SERVING if all(results) else NOT_SERVING)
        before = now
        await asyncio.sleep(EVERY_S)


async def _passes(probe: Probe) -> bool:
    try:
        async with asyncio.timeout(PROBE_LIMIT_S):
            await probe()
    except (ZerokerfError, TimeoutError):
        return False
    return True
