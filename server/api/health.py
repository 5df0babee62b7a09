"""What grpc.health.v1 says: whether the database, the engine and the store can be reached."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn

import structlog
from grpc_health.v1 import health, health_pb2

from zerokerf.errors import ZerokerfError
from zerokerf.v1 import (
    account_service_pb2,
    batch_service_pb2,
    split_service_pb2,
    upload_service_pb2,
    webhook_service_pb2,
)

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

Probe = Callable[[], Awaitable[None]]

EVERY_S = 5.0
PROBE_LIMIT_S = 4.0

SERVICES = (
    batch_service_pb2.DESCRIPTOR.services_by_name["BatchService"].full_name,
    split_service_pb2.DESCRIPTOR.services_by_name["SplitService"].full_name,
    upload_service_pb2.DESCRIPTOR.services_by_name["UploadService"].full_name,
    account_service_pb2.DESCRIPTOR.services_by_name["AccountService"].full_name,
    webhook_service_pb2.DESCRIPTOR.services_by_name["WebhookService"].full_name,
)

log = structlog.get_logger()


class HealthWatch:
    """Each part has a service `zerokerf.<part>`; ours serve when all parts do."""

    def __init__(self, servicer: health.aio.HealthServicer, probes: Mapping[str, Probe]) -> None:
        self._servicer = servicer
        self._probes = probes
        self._before: dict[str, bool] = {}

    async def look(self) -> None:
        """Probe every part once and tell."""
        results = await asyncio.gather(*(_passes(probe) for probe in self._probes.values()))
        now = dict(zip(self._probes, results, strict=True))
        for part, well in now.items():
            await self._servicer.set(f"zerokerf.{part}", SERVING if well else NOT_SERVING)
            if self._before.get(part, True) != well:
                log.warning("health changed", action="health", part=part, well=well)
        for service in ("", *SERVICES):
            await self._servicer.set(service, SERVING if all(results) else NOT_SERVING)
        self._before = now

    async def look_forever(self) -> NoReturn:
        while True:
            await asyncio.sleep(EVERY_S)
            await self.look()


async def _passes(probe: Probe) -> bool:
    try:
        async with asyncio.timeout(PROBE_LIMIT_S):
            await probe()
    except (ZerokerfError, TimeoutError):
        return False
    return True
