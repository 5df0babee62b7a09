"""Segments encoded one by one beside one encoder for all, and pauses found beside mere decoding."""

import importlib.util
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cutting_corpus import Corpus, ffmpeg
from benchmarks.cutting_costs import Cost, cost_of, least, result_of
from benchmarks.results import Row
from server.media.decoder import find_decoder

MINUTES, REPEATS = 6, 2  # as many segments: a number that two cores can share
CPU_BAR, WAV_WALL_BAR, LOSSY_WALL_BAR, SILENCE_BAR = 1.08, 0.60, 0.75, 1.15
_MP3 = ("-c:a", "libmp3lame", "-b:a", "192k")
_CORES = 2
_PYDUB = """
import sys
from pydub import AudioSegment
sound = AudioSegment.from_file(sys.argv[1])
for minute in range(len(sound) // 60_000):
    sound[minute * 60_000:][:60_000].export(f"{sys.argv[2]}/{minute}.mp3", format="mp3")
"""


def measure_encodes(corpus: Corpus, folder: Path) -> list[Row]:
    rows = []
    for kind, wall_bar in (("wav", WAV_WALL_BAR), ("mp3", LOSSY_WALL_BAR)):
        source = folder / f"minutes.{kind}"
        ffmpeg("-t", str(MINUTES * 60), "-i", corpus.hours[kind], "-c", "copy", source)
        rows += _encode_rows(kind, source, folder, wall_bar)
    rows.append(_pydub_row(folder / "minutes.mp3", folder))
    return [*rows, *(_silence_row(kind, corpus.hours[kind], folder) for kind in ("mp3", "flac", "wav"))]


@dataclass(frozen=True, slots=True)
class _Encoded:
    making: Cost
    proof: Cost


def _encode_rows(kind: str, source: Path, folder: Path, wall_bar: float) -> list[Row]:
    wholes, ones, twos = [], [], []
    for _ in range(REPEATS):
        wholes.append(_whole(source, folder))
        ones.append(_ours(source, folder, 1))
        twos.append(_ours(source, folder, _CORES))
    whole = least(wholes)
    one, two = (least([each.making for each in several]) for several in (ones, twos))
    proof = least([each.proof for each in (*ones, *twos)])
    what = f"{kind} → mp3, {MINUTES} min in {MINUTES} segments"
    cpu, wall = one.cpu_s / whole.cpu_s, two.wall_s / whole.wall_s
    # Decoding first is extra work where one encoder for all decodes as it goes: no bar for its CPU.
    cpu_bar = CPU_BAR if kind == "wav" else None
    return [
        Row(
            f"{what}, one by one",
            f"≤ {cpu_bar:g} x one encode's CPU" if cpu_bar else "",
            f"{cpu:.2f} x CPU ({one.cpu_s:.1f} s beside {whole.cpu_s:.1f} s)",
            REPEATS,
            cpu <= cpu_bar if cpu_bar else None,
        ),
        Row(
            f"{what}, two at a time on two cores",
            f"≤ {wall_bar:g} x one encode's wall",
            f"{wall:.2f} x wall ({two.wall_s:.1f} s beside {whole.wall_s:.1f} s)",
            REPEATS,
            wall <= wall_bar,
        ),
        Row(
            f"{what}: verification apart", "", f"{proof.cpu_s / whole.cpu_s:.2f} x one encode's CPU", REPEATS
        ),
    ]


def _whole(source: Path, folder: Path) -> Cost:
    with tempfile.TemporaryDirectory(dir=folder) as output:
        program = find_decoder().binary
        return cost_of([program, "-nostdin", "-v", "error", "-i", source, *_MP3, f"{output}/w.mp3"], _CORES)


def _ours(source: Path, folder: Path, parallel: int) -> _Encoded:
    with tempfile.TemporaryDirectory(dir=folder) as output:
        found: dict[str, Any] = result_of("encode", source, output, MINUTES, parallel, cores=_CORES)
    stages = {name: Cost(**cost) for name, cost in found["stages"].items()}
    making, proof = stages["encode"], stages["verify"]
    return _Encoded(
        Cost(making.cpu_s + found["encode_others_s"], making.wall_s),
        Cost(proof.cpu_s + found["verify_others_s"], proof.wall_s),
    )


def _pydub_row(source: Path, folder: Path) -> Row:
    what = f"mp3 → mp3, {MINUTES} min in {MINUTES} segments: pydub"
    if importlib.util.find_spec("pydub") is None:
        return Row(what, "", "not installed: last released in 2021, so no dependency of ours", 0)
    with tempfile.TemporaryDirectory(dir=folder) as output:
        Path(output, "ffmpeg").symlink_to(find_decoder().binary)
        os.environ["PATH"] += os.pathsep + output
        cost = cost_of([sys.executable, "-W", "ignore", "-c", _PYDUB, source, output])
    whole = _whole(source, folder)
    return Row(what, "", f"{cost.cpu_s / whole.cpu_s:.2f} x one encode's CPU ({cost.cpu_s:.1f} s)", 1)


def _silence_row(kind: str, source: Path, folder: Path) -> Row:
    decodings, listenings = [], []
    pauses = 0
    for _ in range(REPEATS):
        program = find_decoder().binary
        decodings.append(cost_of([program, "-nostdin", "-v", "error", "-i", source, "-f", "null", "-"]))
        with tempfile.TemporaryDirectory(dir=folder) as output:
            found: dict[str, Any] = result_of("silence", source, output)
        stage = found["stages"]["silence"]
        listenings.append(Cost(stage["cpu_s"] + found["others_s"], stage["wall_s"]))
        pauses = found["pauses"]
    decoding, listening = least(decodings), least(listenings)
    ratio = listening.cpu_s / decoding.cpu_s
    measured = f"{ratio:.2f} x CPU ({listening.cpu_s:.1f} s beside {decoding.cpu_s:.1f} s), "
    measured += f"{listening.wall_s / decoding.wall_s:.2f} x wall, {pauses} pauses"
    # What lies in a file as it is needs no decoding to be compared with.
    bar = SILENCE_BAR if kind != "wav" else None
    return Row(
        f"silence analysis, {kind}, 1 h",
        f"≤ {bar:g} x decoding's CPU" if bar else "",
        measured,
        REPEATS,
        ratio <= bar if bar else None,
    )
