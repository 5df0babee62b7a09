"""A service in memory, on real sockets, that keeps the contract's promises and breaks when it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from tests.client.batch_servicer import Transcriptions
from tests.client.files import file_server
from tests.client.gate import Interceptor
from tests.client.servicers import Splits, Uploads
from tests.client.state import Service
from zerokerf.v1.batch_service_pb2_grpc import add_BatchServiceServicer_to_server
from zerokerf.v1.split_service_pb2_grpc import add_SplitServiceServicer_to_server
from zerokerf.v1.upload_service_pb2_grpc import add_UploadServiceServicer_to_server


@asynccontextmanager
async def running_service() -> AsyncIterator[Service]:
    async with file_server() as files:
        service = Service("", files)
        server = grpc.aio.server(interceptors=[Interceptor(service)])
        add_SplitServiceServicer_to_server(Splits(service), server)
        add_BatchServiceServicer_to_server(Transcriptions(service), server)
        add_UploadServiceServicer_to_server(Uploads(service), server)
        service.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        await server.start()
        try:
            yield service
        finally:
            await server.stop(None)
            for task in service.tasks:
                task.cancel()
            await asyncio.gather(*service.tasks, return_exceptions=True)
