"""faster-whisper alone on a whole recording, as a program of its own so that its peak of memory is too."""

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from faster_whisper import BatchedInferencePipeline, WhisperModel

from server.speech.models import bundled_model
from tests.speech.recordings import words_in


@dataclass(frozen=True, slots=True)
class Run:
    """`took_s` does not count loading the model."""

    took_s: float
    peak_bytes: int
    words: list[str]


def run_peer(way: str, recording: Path, threads: int) -> Run:
    command = [sys.executable, "-m", __name__, way, str(recording), str(threads)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Run(**json.loads(done.stdout))


def _run(way: str, recording: str, threads: int) -> Run:
    model = WhisperModel(str(bundled_model()), device="cpu", compute_type="int8", cpu_threads=threads)
    transcriber = BatchedInferencePipeline(model) if way == "batched" else model
    begun_s = time.perf_counter()
    segments, _ = transcriber.transcribe(recording, language="en")
    text = " ".join(segment.text for segment in segments)
    took_s = time.perf_counter() - begun_s
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return Run(took_s, peak_bytes, words_in(text))


if __name__ == "__main__":
    print(json.dumps(asdict(_run(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
