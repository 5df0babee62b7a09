"""MP3 segments of which the store copies most itself, beside those that a worker sends whole."""

import hashlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.jobs.model import SplitJob, SplitRequest
from server.media.decoder import find_decoder
from server.workflows.composing.local import LocalComposing
from storage.address import parse_address
from storage.compose import LEAST_PART_BYTES, Composer
from storage.keys import segment_key
from storage.s3 import S3Store
from storage.s3_client import S3Address, S3Credentials, provider_of
from tests.services.moto import running_moto
from tests.services.seaweed import REGION
from tests.storage.content import read
from tests.workflows.composing.house import SECOND_NS, House, Refusing, Spoiling

LEAST_BYTES = 2 * LEAST_PART_BYTES + 100
#: Some 12 to 20 MiB: one cut leaves a long segment and a short one.
SECONDS, CUT_S = 560, 500
ENCODINGS = {
    "cbr": ["-b:a", "320k"],
    "vbr": ["-q:a", "0"],
    "tags in front": ["-b:a", "320k", "-metadata", "title=A long talk", "-id3v2_version", "3"],
    "no info frame": ["-b:a", "320k", "-write_xing", "0", "-id3v2_version", "0"],
}
REQUEST = SplitRequest(source_url="https://example.org/a.mp3", timestamps_ns=(CUT_S * SECOND_NS,))


def mp3(folder: Path, encoding: str) -> Path:
    path = folder / "source.mp3"
    noise = f"anoisesrc=d={SECONDS}:c=white:a=0.5:seed=1:r=48000"
    command = [str(find_decoder().binary), "-v", "error", "-f", "lavfi", "-i", noise, "-ac", "2"]
    subprocess.run([*command, "-c:a", "libmp3lame", *ENCODINGS[encoding], str(path)], check=True)
    return path


def composing(house: House, composer: Composer) -> House:
    local = LocalComposing(house.store, composer, LEAST_BYTES)
    return replace(house, cutting=replace(house.cutting, local=local))


async def contents(house: House, job: SplitJob) -> list[bytes]:
    segments = await house.records.segments(job.id)
    return [
        await read(house.store, segment_key("acc_a", job.id, segment.index, "mp3")) for segment in segments
    ]


async def proofs(house: House, job: SplitJob) -> list[dict[str, object] | None]:
    segments = await house.records.segments(job.id)
    return [(segment.manifest_entry or {})["proof"].get("composed") for segment in segments]


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_what_the_store_copied_is_what_would_have_been_sent(
    house: House, tmp_path: Path, encoding: str
) -> None:
    source = mp3(tmp_path, encoding)

    composed = await composing(house, house.store).sent(source, REQUEST)

    sent = await house.sent(source, REQUEST)
    ours = await contents(house, composed)
    assert ours == await contents(house, sent)
    sums = [segment.sha256 for segment in await house.records.segments(composed.id)]
    assert sums == [hashlib.sha256(content).hexdigest() for content in ours]
    long, short = await proofs(house, composed)
    assert long is not None
    assert int(str(long["sourceBytes"])) > LEAST_BYTES
    assert short is None


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with running_moto() as endpoint:
        yield endpoint


@pytest.fixture
async def summing(moto: str) -> AsyncIterator[S3Store]:
    """A store whose ETags are MD5s, as those of plain S3 are."""
    address = parse_address(f"s3+http://{moto}/test-composing?region={REGION}")
    assert isinstance(address, S3Address)
    credentials = provider_of(S3Credentials("test", "testsecret123"))
    store = S3Store(address, credentials, copy_bytes=2 * LEAST_PART_BYTES)
    await store.check()
    yield store
    await store.aclose()


async def test_every_byte_is_proven_where_the_store_tells_the_sums_of_its_parts(
    house: House, summing: S3Store, tmp_path: Path
) -> None:
    house = replace(house, store=summing, cutting=replace(house.cutting, store=summing))
    job = await composing(house, summing).sent(mp3(tmp_path, "cbr"), REQUEST)

    long, _ = await proofs(house, job)

    assert long is not None
    assert long["hasEqualSums"] is True
    sums = [segment.sha256 for segment in await house.records.segments(job.id)]
    assert sums == [hashlib.sha256(content).hexdigest() for content in await contents(house, job)]


@pytest.mark.parametrize("composer", ["spoiling", "refusing"])
async def test_what_the_store_refuses_or_spoils_is_sent(house: House, tmp_path: Path, composer: str) -> None:
    source = mp3(tmp_path, "cbr")
    bad = Spoiling(house.store, by_bytes=-4) if composer == "spoiling" else Refusing()

    job = await composing(house, bad).sent(source, REQUEST)

    assert await proofs(house, job) == [None, None]
    assert await contents(house, job) == await contents(house, await house.sent(source, REQUEST))
