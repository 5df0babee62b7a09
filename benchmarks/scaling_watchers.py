"""Many watchers in a process of its own: which events came, and how long after they had happened."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterable, Sequence
from dataclasses import asdict, dataclass, field

import grpc

from zerokerf.channel import open_channel
from zerokerf.states import is_final
from zerokerf.v1.split_pb2 import SplitEvent
from zerokerf.v1.split_service_pb2 import WatchSplitRequest, WatchSplitResponse
from zerokerf.v1.split_service_pb2_grpc import SplitServiceStub

#: Streams that are being opened at once.
_OPENING = 50


@dataclass(slots=True)
class Seen:
    """By all watchers of one process. `last` holds the last sequence of each watcher, by jobs."""

    last: dict[str, list[int]] = field(default_factory=dict)
    #: Of each event that came, by jobs: its sequence, the time that it carries and when it came.
    came: dict[str, list[tuple[int, float, float]]] = field(default_factory=dict)
    gaps: int = 0
    unended: int = 0


class Watchers:
    """One stream for each job named, so as many of a job as it is named."""

    def __init__(self, channel: grpc.aio.Channel, api_key: str) -> None:
        self._stub = SplitServiceStub(channel)
        self._metadata = (("x-api-key", api_key),)
        self._opening = asyncio.Semaphore(_OPENING)
        self._waiting = 0
        self.all_open = asyncio.Event()
        self.seen = Seen()

    async def watch_all(self, job_ids: Sequence[str]) -> None:
        self._waiting = len(job_ids)
        await asyncio.gather(*map(self._watch, job_ids))

    async def _watch(self, job_id: str) -> None:
        async with self._opening:
            call = self._stub.WatchSplit(WatchSplitRequest(id=job_id), metadata=self._metadata)
            event = await self._first(call)
        self._opened()
        gaps, came = int(event.sequence != 1), self.seen.came.setdefault(job_id, [])
        async for response in call:
            now_s = time.time()
            gaps += response.event.sequence != event.sequence + 1
            event = response.event
            came.append((event.sequence, _time_s(event), now_s))
        self.seen.gaps += gaps
        self.seen.unended += not is_final(event.state)
        self.seen.last.setdefault(job_id, []).append(event.sequence)

    async def _first(self, call: AsyncIterable[WatchSplitResponse]) -> SplitEvent:
        async for response in call:
            return response.event
        raise RuntimeError("the stream ended without an event")

    def _opened(self) -> None:
        self._waiting -= 1
        if not self._waiting:
            self.all_open.set()


def _time_s(event: SplitEvent) -> float:
    return event.time.seconds + event.time.nanos / 1e9


async def _main() -> None:
    """Says a line when all streams are open, and what was seen when the last has ended."""
    address, api_key, *job_ids = json.loads(sys.stdin.readline())
    async with open_channel(address, None) as channel:
        watchers = Watchers(channel, api_key)
        watching = asyncio.create_task(watchers.watch_all(job_ids))
        opened = asyncio.create_task(watchers.all_open.wait())
        await asyncio.wait({watching, opened}, return_when=asyncio.FIRST_COMPLETED)
        print("open", flush=True)
        await watching
    print(json.dumps(asdict(watchers.seen)), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
