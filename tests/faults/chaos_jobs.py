"""The jobs of a load: each request is made twice, each job watched from its first event to its last."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx

from tests.corpus.recordings import RATE, ffmpeg, music, write_wav
from tests.faults.long_upload import CUT_S
from tests.faults.long_upload import LENGTH_S as LONG_S
from tests.faults.server_sent import BACK_SOON_S, server_sent
from tests.faults.watched import PATIENCE
from tests.services.web import Site, whole
from tests.services.zerokerf import API_KEY
from tests.speech.recordings import load_readings, write
from zerokerf.client import AsyncClient

LENGTH_S = 24
_AWAY_FOR_S = 90.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the service and all that it is given can be reached."""

    grpc_address: str
    rest_url: str
    webhook_url: str
    wav_url: str
    mp3_url: str
    speech_file: Path
    upload_id: str


@dataclass(slots=True)
class Asked:
    """A job that was accepted, and what its watch has heard of it."""

    kind: str
    id: str = ""
    sequences: list[int] = field(default_factory=list)
    percents: list[int] = field(default_factory=list)
    is_over: bool = False
    #: What went wrong on the way to it, or while it was watched.
    trouble: str = ""

    @property
    def is_split(self) -> bool:
        return self.kind != "speech"

    @property
    def length_s(self) -> int:
        return LONG_S if self.kind == "compose" else LENGTH_S


Run = Callable[[AsyncClient, Place, Asked], Awaitable[None]]


async def _split(client: AsyncClient, place: Place, asked: Asked, **wish: object) -> None:
    fields = {"url": place.wav_url, "webhook_url": place.webhook_url, "request_id": str(uuid.uuid4()), **wish}
    first, again = await asyncio.gather(*(client.create_split(**fields) for _ in range(2)))  # type: ignore[arg-type]  # wishes of several shapes
    asked.id = first.id
    assert again.id == first.id, f"one request made {first.id} and {again.id}"
    async for event in client.watch(first.id):
        asked.sequences.append(event.sequence)
        asked.percents.append(event.progress.percent)


async def copy(client: AsyncClient, place: Place, asked: Asked) -> None:
    await _split(client, place, asked, every=timedelta(seconds=6))


async def copy_mp3(client: AsyncClient, place: Place, asked: Asked) -> None:
    await _split(client, place, asked, url=place.mp3_url, every=timedelta(seconds=6))


async def by_size(client: AsyncClient, place: Place, asked: Asked) -> None:
    await _split(client, place, asked, url=place.mp3_url, max_size=150_000)


async def encode(client: AsyncClient, place: Place, asked: Asked) -> None:
    await _split(client, place, asked, every=timedelta(seconds=3), to="ogg")


async def lossless(client: AsyncClient, place: Place, asked: Asked) -> None:
    await _split(client, place, asked, parts=5, to="flac")


async def compose(client: AsyncClient, place: Place, asked: Asked) -> None:
    """Within the store, if it can."""
    at = [timedelta(seconds=CUT_S)]
    await _split(client, place, asked, url=None, upload_id=place.upload_id, at=at)


async def speech(client: AsyncClient, place: Place, asked: Asked) -> None:
    request_id = str(uuid.uuid4())
    first, again = await asyncio.gather(
        *(client.batch.create(file=place.speech_file, request_id=request_id) for _ in range(2))
    )
    asked.id = first.id
    assert again.id == first.id, f"one request made {first.id} and {again.id}"
    async for event in client.batch.watch(first.id):
        asked.sequences.append(event.sequence)
        asked.percents.append(event.progress.percent)


async def over_rest(_: AsyncClient, place: Place, asked: Asked) -> None:
    """As a browser does it: server-sent events, taken up again behind the last id."""
    headers = {"X-API-Key": API_KEY, "Idempotency-Key": str(uuid.uuid4())}
    body = {"sourceUrl": place.wav_url, "splitMode": "duration", "segmentDuration": 6}
    body |= {"outputFormat": "flac", "webhookUrl": place.webhook_url}
    async with httpx.AsyncClient(base_url=f"{place.rest_url}/api/v1", headers=headers, timeout=30) as http:
        asked.id = await _accepted(http, body)
        assert await _accepted(http, body) == asked.id
        async for sequence, told in server_sent(http, asked.id):
            asked.sequences.append(sequence)
            asked.percents.append(int(told.get("progress") or 0))


KINDS: dict[str, Run] = {
    "copy": copy,
    "encode": encode,
    "rest": over_rest,
    "copy_mp3": copy_mp3,
    "lossless": lossless,
    "by_size": by_size,
    "compose": compose,
    "speech": speech,
}


async def run_job(asked: Asked, place: Place) -> None:
    """Until it is over; what the service does wrong is noted."""
    async with AsyncClient(place.grpc_address, API_KEY, patience=PATIENCE) as client:
        try:
            await KINDS[asked.kind](client, place, asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told with the run's other problems
            asked.trouble = f"{type(error).__name__}: {error}"


def make_sources(site: Site, folder: Path) -> tuple[str, str, Path]:
    """A recording, the same in frames, and a reading."""
    wav, mp3 = folder / "chaos.wav", folder / "chaos.mp3"
    write_wav(wav, music(LENGTH_S * RATE))
    ffmpeg("-i", wav, "-b:a", "128k", mp3)
    wav_url, mp3_url = (site.add(f"/{file.name}", whole(file.read_bytes())) for file in (wav, mp3))
    return wav_url, mp3_url, write(folder / "reading.wav", load_readings().worstward.samples)


async def _accepted(http: httpx.AsyncClient, body: dict[str, object]) -> str:
    """Asked for until it is answered, as a service that is away answers nothing or 5xx."""
    async with asyncio.timeout(_AWAY_FOR_S):
        while True:
            try:
                answer = await http.post("/splits", json=body)
            except httpx.TransportError:
                await asyncio.sleep(BACK_SOON_S)
                continue
            if answer.status_code < 500:
                assert answer.status_code == 201, answer.text
                return str(answer.json()["id"])
            await asyncio.sleep(BACK_SOON_S)
