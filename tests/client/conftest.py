"""A running service and a client that has little patience."""

from collections.abc import AsyncIterator

import pytest

from tests.client.service import running_service
from tests.client.state import API_KEY, Service
from zerokerf.calls import Patience
from zerokerf.client import AsyncClient

IMPATIENT = Patience(
    call_timeout_s=5, call_attempts=3, stream_attempts=4, stall_timeout_s=5, first_pause_s=0.01
)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running_service() as service:
        service.faults.finish.set()
        yield service


@pytest.fixture
async def client(service: Service) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(service.target, API_KEY, patience=IMPATIENT) as client:
        yield client
