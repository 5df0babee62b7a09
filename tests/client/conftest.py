"""A running service and a client that has little patience."""

from collections.abc import AsyncIterator

import pytest

from tests.client.account_house import SECRET, House, house
from tests.client.service import running_service
from tests.client.state import API_KEY, Service
from zerokerf.calls import Patience
from zerokerf.client import AsyncClient

__all__ = ["house"]

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


@pytest.fixture
async def manager(house: House) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(house.target, SECRET, patience=IMPATIENT) as client:
        yield client
