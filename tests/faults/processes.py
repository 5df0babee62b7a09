"""Looks at the processes of a service from outside, as an operator would."""

from pathlib import Path

import psutil

from tests.end_to_end.polling import until
from tests.services.zerokerf import Process

ENGINE_WITHIN_S = 30


def family(process: Process) -> list[psutil.Process]:
    """Everything that the process has started and that is alive."""
    return psutil.Process(process.pid).children(recursive=True)


def engine_of(process: Process) -> psutil.Process:
    """Waits for it, as one that was killed is started again."""
    until(lambda: bool(_engines(process)), "the embedded engine runs", ENGINE_WITHIN_S)
    (engine,) = _engines(process)
    return engine


def encoders(data_dir: Path) -> list[int]:
    """Processes of the decoder and encoder that work in the scratch of a service."""
    return [found.pid for found in psutil.process_iter() if _works_in(found, str(data_dir / "scratch"))]


def wait_gone(processes: list[psutil.Process], within_s: float) -> None:
    until(lambda: not any(map(_is_alive, processes)), "all of its processes have ended", within_s)


def _engines(process: Process) -> list[psutil.Process]:
    return [child for child in family(process) if child.name() == "temporal" and _is_alive(child)]


def _works_in(process: psutil.Process, folder: str) -> bool:
    try:
        return "ffmpeg" in process.name() and any(folder in argument for argument in process.cmdline())
    except psutil.Error:
        return False


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
