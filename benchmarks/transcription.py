"""Real speech from upload to DONE, beside the recognizer's library on the same file with as many threads."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import Row, in_mib, in_ms, in_seconds, p50
from benchmarks.service import fresh_bench
from benchmarks.transcription_jobs import transcribe, watched_memory, words_of
from benchmarks.transcription_joints import Joints, Spoken, find_joints, judge
from benchmarks.transcription_peers import Run, run_peer
from server.speech.model_files import ModelFiles
from server.speech.models import bundled_model
from server.speech.recognizer import Task
from server.speech.whisper import WhisperRecognizer, WhisperRuntime
from tests.corpus.speech import lecture
from tests.services.zerokerf import API_KEY, Deployment, running
from tests.speech.recordings import Reading, load_readings, word_error_rate, write
from zerokerf.client import AsyncClient

LECTURE_S, LECTURE_REPEATS = 1800, 3
CLIP_S, WARM_UP, CLIP_REPEATS = 5, 3, 20
SEQUENTIAL_BAR, BATCHED_BAR, MEMORY_BAR = 1.5, 0.9, 1.2
WORSE_BAR, LOST_BAR, OVERHEAD_BAR_S = 0.005, 0.01, 0.5
PEERS = ("sequential", "batched")
THREADS = os.cpu_count() or 2


@dataclass(frozen=True, slots=True)
class Measured:
    """All runs over one recording, ours and, by their way, those of the library alone."""

    length_s: float
    ours_s: list[float]
    ours_bytes: list[int]
    heard: list[Spoken]
    peers: dict[str, list[Run]]


async def measure_lecture(folder: Path) -> list[Row]:
    speech = lecture(LECTURE_S)
    recording = _recorded(speech, folder)
    measured = await _measured(folder, recording, len(speech.samples) / 16_000)
    joints = judge(await find_joints(recording, THREADS), speech.words, measured.heard)
    return [*_speed_rows(measured), _memory_row(measured), *_word_rows(measured, speech, joints)]


async def measure_clip(folder: Path) -> list[Row]:
    """In turns, so that whatever else the machine does meets both."""
    whole_s: list[float] = []
    alone_s: list[float] = []
    samples = load_readings().tale.samples[: CLIP_S * 16_000]
    with fresh_bench(folder) as bench:
        clip = write(folder / "clip.wav", samples)
        async with bench.client() as client, _recognizer() as recognizer:
            for _ in range(WARM_UP + CLIP_REPEATS):
                begun_s = time.perf_counter()
                await recognizer.recognize([samples], Task(language="en"))
                alone_s.append(time.perf_counter() - begun_s)
                whole_s.append((await transcribe(client.batch, clip)).took_s)
    return _clip_rows(whole_s[WARM_UP:], alone_s[WARM_UP:])


async def _measured(folder: Path, recording: Path, length_s: float) -> Measured:
    """The worker apart from server and gateway, so that its memory is told from theirs."""
    deployment = Deployment(folder / "data", extra={"ZEROKERF_SPEECH_THREADS": str(THREADS)})
    measured = Measured(length_s, [], [], [], {way: [] for way in PEERS})
    with running(deployment, "server", "gateway", "worker") as (_, _, worker):
        async with AsyncClient(deployment.grpc_address, API_KEY) as client:
            for _ in range(LECTURE_REPEATS):
                for way in PEERS:
                    measured.peers[way].append(await asyncio.to_thread(run_peer, way, recording, THREADS))
                with watched_memory(worker.pid) as peak:
                    ended = await transcribe(client.batch, recording)
                measured.ours_s.append(ended.took_s)
                measured.ours_bytes.append(peak.size_bytes)
            measured.heard.extend(await words_of(client.batch, ended.job_id, folder))
    return measured


def _recorded(speech: Reading, folder: Path) -> Path:
    folder.mkdir(parents=True)
    return write(folder / "lecture.wav", speech.samples)


@asynccontextmanager
async def _recognizer() -> AsyncIterator[WhisperRecognizer]:
    files = ModelFiles.open(bundled_model())
    recognizer = await WhisperRecognizer.load(files, WhisperRuntime(threads=THREADS))
    try:
        yield recognizer
    finally:
        await recognizer.close()


def _speed_rows(measured: Measured) -> list[Row]:
    ours_s = p50(measured.ours_s)
    name = f"{measured.length_s / 60:.0f} min of speech, {THREADS} threads"
    speed = f"{in_seconds(measured.ours_s)}, {measured.length_s / ours_s:.0f} times real time"
    rows = [Row(f"{name}: upload to DONE", "", speed, len(measured.ours_s))]
    for way, bar in zip(PEERS, (SEQUENTIAL_BAR, BATCHED_BAR), strict=True):
        took_s = [run.took_s for run in measured.peers[way]]
        ratio = p50(took_s) / ours_s
        shown = f"{ratio:.2f} times; it takes {in_seconds(took_s)}"
        rows.append(Row(f"{name}: against {_named(way)}", f"≥ {bar} times", shown, len(took_s), ratio >= bar))
    return rows


def _memory_row(measured: Measured) -> Row:
    """The worst of ours, the usual of theirs."""
    ours_bytes = max(measured.ours_bytes)
    theirs_bytes = p50([run.peak_bytes for run in measured.peers["batched"]])
    ratio = ours_bytes / theirs_bytes
    shown = f"{ratio:.2f} times: {in_mib(ours_bytes)} and {in_mib(theirs_bytes)}"
    what = f"peak RSS of the worker and its children, against {_named('batched')}"
    return Row(what, f"≤ {MEMORY_BAR} times", shown, len(measured.ours_bytes), ratio <= MEMORY_BAR)


def _word_rows(measured: Measured, speech: Reading, joints: Joints) -> list[Row]:
    ours = word_error_rate(speech.words, [word.text for word in measured.heard])
    whole = {way: word_error_rate(speech.words, measured.peers[way][-1].words) for way in PEERS}
    shown = ", ".join([f"{ours:.2%}", *(f"{_named(way)}: {rate:.2%}" for way, rate in whole.items())])
    worse = ours - min(whole.values())
    found = f"{joints.doubled} doubled, {joints.lost} lost at {joints.count} joints"
    is_met = not joints.doubled and joints.lost <= LOST_BAR * joints.count
    return [
        Row(
            f"word error rate over {len(speech.words)} words, against the better of both",
            f"≤ +{WORSE_BAR * 100:g} points",
            shown,
            1,
            worse <= WORSE_BAR,
        ),
        Row("words at the joints", "0 doubled, ≤ 1 % lost", found, 1, is_met),
    ]


def _clip_rows(whole_s: list[float], alone_s: list[float]) -> list[Row]:
    over_s = p50(whole_s) - p50(alone_s)
    name = f"{CLIP_S} s clip, model warm"
    return [
        Row(f"{name}: submitted to DONE", "", in_ms(whole_s), len(whole_s)),
        Row(f"{name}: the recognizer alone", "", in_ms(alone_s), len(alone_s)),
        Row(
            f"{name}: difference",
            f"p50 ≤ {OVERHEAD_BAR_S:g} s",
            f"{over_s * 1000:+.0f} ms at p50",
            len(whole_s),
            over_s <= OVERHEAD_BAR_S,
        ),
    ]


def _named(way: str) -> str:
    return {"sequential": "faster-whisper, one window after the other", "batched": "its batched pipeline"}[
        way
    ]
