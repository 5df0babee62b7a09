"""How a download is named when it is saved."""

import re
from urllib.parse import quote

_PLAIN = re.compile(r"[^A-Za-z0-9._-]")


def attachment(filename: str) -> str:
    """A Content-Disposition that no file name, however hostile, can break out of."""
    plain = _PLAIN.sub("_", filename)
    if plain == filename:
        return f'attachment; filename="{plain}"'
    encoded = quote(filename.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
