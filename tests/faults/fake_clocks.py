"""One process's clock, set ahead or back while it runs, its time of day only: by Debian's libfaketime."""

import sysconfig
from collections.abc import Callable
from pathlib import Path


class FakeClock:
    def __init__(self, library: Path, file: Path) -> None:
        self._library = library
        self._file = file
        self.put_off(0)

    @property
    def environment(self) -> dict[str, str]:
        """Of the process whose clock this is. It looks once a second whether the clock was set."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_CACHE_DURATION": "1",
        }

    def put_off(self, by_s: int) -> None:
        """From the true time."""
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{by_s:+d}")
        draft.replace(self._file)  # it must never be seen empty


def clocks_in(folder: Path) -> Callable[[str], FakeClock] | None:
    """Makes the clock of a process, by its name. None where the library is missing."""
    place = Path("/usr/lib", str(sysconfig.get_config_var("MULTIARCH")), "faketime")
    library = place / "libfaketime.so.1"
    return (lambda name: FakeClock(library, folder / f"{name}.clock")) if library.is_file() else None
