"""Sixty segments of copied frames, beside the peers that cut the same file at about the same places."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cutting_corpus import HOUR_S, TEN_HOURS_S, Corpus
from benchmarks.cutting_costs import Cost, cost_of, least, result_of
from benchmarks.cutting_work import SEGMENTS
from benchmarks.results import Row, in_mib, p50
from server.media.decoder import find_decoder

REPEATS, LONG_REPEATS = 3, 2
PROOF_BAR, INDEX_BAR_S, MEMORY_BAR_BYTES = 0.25, 0.08, 150 << 20
#: Of ffmpeg's time: index, writing and hashing.
BARS = {"mp3": 0.20, "flac": 1.0, "m4a": 0.5, "ogg": 0.3, "opus": 0.3, "aac": None, "wav": None}
TEN_HOURS_BAR, CP_BAR = 0.10, 1.3
_COPYING = ("index", "write", "hash")


@dataclass(frozen=True, slots=True)
class Copied:
    """Our own work, in one process and a limited one."""

    stages: dict[str, Cost]
    limited_copy_s: float
    limited_verify_s: float
    peak_bytes: int

    @property
    def writing(self) -> Cost:
        return self._sum("index", "write")

    @property
    def copy(self) -> Cost:
        """The probe of one file in the limited process is in it too."""
        return self._sum("index", "write", "hash", limited_s=self.limited_copy_s)

    @property
    def proof(self) -> Cost:
        return self._sum("verify", limited_s=self.limited_verify_s)

    @property
    def everything(self) -> Cost:
        return self._sum(*self.stages, limited_s=self.limited_copy_s + self.limited_verify_s)

    def _sum(self, *stages: str, limited_s: float = 0.0) -> Cost:
        costs = [self.stages[name] for name in stages]
        return Cost(sum(cost.cpu_s for cost in costs) + limited_s, sum(cost.wall_s for cost in costs))


def measure_copies(corpus: Corpus, folder: Path) -> list[Row]:
    rows = [_start_row(folder)]
    for kind, bar in BARS.items():
        rows += _hour_rows(kind, corpus.hours[kind], folder, bar)
    return [*rows, *_ten_hours_rows(corpus.ten_hours, folder), _index_row(corpus.hours["mp3"], folder)]


def _hour_rows(kind: str, source: Path, folder: Path, bar: float | None) -> list[Row]:
    own, split, cp = [], [], []
    for _ in range(REPEATS):
        own.append(_ours(source, folder))
        split.append(_ffmpeg_split(source, HOUR_S // SEGMENTS, folder))
        cp.append(_cp(source, folder))
    beside = least(split)
    rows = [
        _row(f"{kind} copy, 1 h", bar, [one.copy for one in own], beside, _by_stage(own)),
        _row(
            f"{kind} copy, 1 h: verification", PROOF_BAR, [one.proof for one in own], beside, _by_process(own)
        ),
        _row(f"{kind} copy, 1 h: all, probe to proof", None, [one.everything for one in own], beside, ""),
    ]
    if kind in ("mp3", "wav"):
        writing = [one.writing for one in own]
        bar = CP_BAR if kind == "wav" else None
        rows.append(_row(f"{kind} copy, 1 h: index and writing", bar, writing, least(cp), "", "cp"))
    if kind in ("mp3", "ogg"):
        rows.append(_mp3splt_row(kind, source, folder, beside))
    return rows


def _ten_hours_rows(source: Path, folder: Path) -> list[Row]:
    own, split = [], []
    for _ in range(LONG_REPEATS):
        own.append(_ours(source, folder))
        split.append(_ffmpeg_split(source, TEN_HOURS_S // SEGMENTS, folder))
    beside = least(split)
    peak_bytes = max(one.peak_bytes for one in own)
    return [
        _row("mp3 copy, 10 h", TEN_HOURS_BAR, [one.copy for one in own], beside, _by_stage(own)),
        _row("mp3 copy, 10 h: verification", PROOF_BAR, [one.proof for one in own], beside, _by_process(own)),
        Row(
            "mp3 copy, 10 h: peak RSS, verification included",
            f"≤ {in_mib(MEMORY_BAR_BYTES)}",
            in_mib(peak_bytes),
            len(own),
            peak_bytes <= MEMORY_BAR_BYTES,
        ),
    ]


def _start_row(folder: Path) -> Row:
    """Once more, for Python compiles what it imports for the first time."""
    result_of("start", folder)
    found = [result_of("start", folder) for _ in range(REPEATS)]
    own_s, prober_s = (min(each[part] for each in found) for part in ("own_s", "prober_s"))
    measured = f"{own_s:.2f} s of CPU, its limited process {prober_s:.2f} s"
    return Row("starting Python with the library, in no other row", "", measured, REPEATS)


def _index_row(source: Path, folder: Path) -> Row:
    took_s = result_of("index", source, folder)["took_s"]
    measured = f"{p50(took_s) * 1000:.0f} ms ({min(took_s) * 1000:.0f} to {max(took_s) * 1000:.0f})"
    bar = f"≤ {INDEX_BAR_S * 1000:.0f} ms"
    return Row(
        "probe with exact index, mp3, 1 h, warm", bar, measured, len(took_s), p50(took_s) <= INDEX_BAR_S
    )


def _mp3splt_row(kind: str, source: Path, folder: Path, beside: Cost) -> Row:
    what = f"{kind} copy, 1 h: mp3splt"
    program = shutil.which("mp3splt")
    if program is None:
        return Row(what, "", "not installed (Debian package mp3splt)", 0)
    with _emptied(folder) as output:
        cost = cost_of([program, "-Q", "-f", "-t", "1.0", "-d", output, source])
    return _row(what, None, [cost], beside, "")


def _ours(source: Path, folder: Path) -> Copied:
    with _emptied(folder) as output:
        found = result_of("copy", source, output)
    stages = {name: Cost(**cost) for name, cost in found["stages"].items()}
    return Copied(stages, found["limited_copy_s"], found["limited_verify_s"], found["peak_bytes"])


def _ffmpeg_split(source: Path, segment_s: int, folder: Path) -> Cost:
    with _emptied(folder) as output:
        options = ["-c", "copy", "-f", "segment", "-segment_time", str(segment_s)]
        pattern = output / f"%03d{source.suffix}"
        return cost_of([find_decoder().binary, "-nostdin", "-v", "error", "-i", source, *options, pattern])


def _cp(source: Path, folder: Path) -> Cost:
    with _emptied(folder) as output:
        return cost_of(["cp", source, output])


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=folder) as output:
        yield Path(output)


def _row(
    what: str, bar: float | None, own: Sequence[Cost], beside: Cost, detail: str, peer: str = "ffmpeg"
) -> Row:
    cost = least(own)
    ratio = cost.cpu_s / beside.cpu_s
    measured = f"{ratio:.2f} x CPU ({cost.cpu_s:.2f} s beside {beside.cpu_s:.2f} s of {peer})"
    measured += f", {cost.wall_s / beside.wall_s:.2f} x wall{detail}"
    is_met = None if bar is None else ratio <= bar
    return Row(what, "" if bar is None else f"≤ {bar:g} x {peer}'s CPU", measured, len(own), is_met)


def _by_stage(own: Sequence[Copied]) -> str:
    costs = {name: least([one.stages[name] for one in own]).cpu_s for name in _COPYING}
    costs["limited process"] = min(one.limited_copy_s for one in own)
    return "; " + ", ".join(f"{name} {cpu_s:.2f} s" for name, cpu_s in costs.items())


def _by_process(own: Sequence[Copied]) -> str:
    return f"; limited process {min(one.limited_verify_s for one in own):.2f} s"
