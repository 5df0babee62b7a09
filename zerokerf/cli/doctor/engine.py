"""The doctor's look at the engine: reached, with its namespace, and with workers for each kind of work."""

from server.parts import connect_engine
from server.settings import Settings
from server.workflows.embedded.engine import EngineAddress, read_published_address
from server.workflows.queues import QUEUES, has_namespace, idle_kinds
from zerokerf.cli.doctor.findings import Finding


async def look_at_engine(settings: Settings) -> Finding:
    address = _address(settings)
    client = await connect_engine(settings, address)
    if not await has_namespace(client):
        return Finding(
            "engine",
            f"The engine at {address.target} has no namespace {address.namespace!r}.",
            f"Make it: temporal operator namespace create -n {address.namespace}",
        )
    if idle := await idle_kinds(client):
        return Finding(
            "engine",
            f"The engine at {address.target} answers, but no worker asks for: {', '.join(idle)}.",
            "Start 'zerokerf worker' where ZEROKERF_WORKER_KINDS names them, or is unset.",
        )
    return Finding("engine", f"{address.target} answers, and workers ask for: {', '.join(QUEUES)}.")


def _address(settings: Settings) -> EngineAddress:
    if settings.temporal_address is not None:
        return EngineAddress(settings.temporal_address, settings.temporal_namespace)
    return read_published_address(settings.data_dir)
