"""Transcribes without a network: a program of its own, since a hook for audits cannot be taken off again."""

import asyncio
import sys
import tempfile
from pathlib import Path

_FORBIDDEN = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "urllib.Request",
)


def _refuse(event: str, arguments: object) -> None:
    if event in _FORBIDDEN:
        raise RuntimeError(f"offline: {event} {arguments}")


sys.addaudithook(_refuse)

from server.speech.chunks import hear_chunk, plan_chunks, samples_in  # noqa: E402 - imports must not look around either
from server.speech.listening import SpeechDetector  # noqa: E402
from server.speech.model_files import ModelFiles  # noqa: E402
from server.speech.recognizer import Task  # noqa: E402
from server.speech.sound import Sound  # noqa: E402
from server.speech.whisper import WhisperRecognizer, WhisperRuntime  # noqa: E402
from server.speech.windows import plan_windows  # noqa: E402
from tests.speech.recordings import load_readings, write  # noqa: E402


async def main(model: Path, folder: Path) -> None:
    recognizer = await WhisperRecognizer.load(ModelFiles.open(model), WhisperRuntime(threads=1))
    detector = SpeechDetector(threads=1)
    sound = Sound.open(write(folder / "speech.wav", load_readings().worstward.samples))
    windows = plan_windows(await detector.listen(sound))
    for chunk in plan_chunks(windows, sound.sample_count):
        heard = await hear_chunk(recognizer, samples_in(sound, chunk.windows), chunk, Task(language="en"))
        sys.stdout.write("".join(piece.text for window in heard.windows for piece in window))
    await asyncio.gather(recognizer.close(), detector.close())


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(Path(sys.argv[1]), Path(folder)))
