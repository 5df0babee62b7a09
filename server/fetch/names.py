"""What to call a downloaded file: the sender's name for it, made harmless."""

import re
import unicodedata
from urllib.parse import unquote

_LONGEST = 255
_LONGEST_EXTENSION = 16
_FALLBACK = "source"
_PARAMETER = re.compile(r""";\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)""")
_DISPOSITION_LONGEST = 4096
# Control, format (text direction among them), lone surrogates, line separators.
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def file_name(content_disposition: bytes | None, *url_paths: str) -> str:
    """The first usable name: the header's, then the last part of each path (still percent-encoded)."""
    stated = _from_header(content_disposition) if content_disposition else ""
    for name in (stated, *(unquote(path.rpartition("/")[2]) for path in url_paths)):
        harmless = sanitise(name)
        if harmless:
            return harmless
    return _FALLBACK


def sanitise(name: str) -> str:
    """Without folders, without characters that cannot be seen, at most 255 long; empty if nothing is left."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(character for character in base if unicodedata.category(character) not in _UNWANTED)
    trimmed = visible.strip()
    if not trimmed.strip(". "):
        return ""
    return _shorten(trimmed)


def _shorten(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > _LONGEST_EXTENSION:
        return name[:_LONGEST]
    return stem[: _LONGEST - len(extension) - 1] + dot + extension


def _from_header(value: bytes) -> str:
    text = _decode(value[:_DISPOSITION_LONGEST])
    found = {name.lower(): raw.strip() for name, raw in _PARAMETER.findall(";" + text.partition(";")[2])}
    extended = _extended(found.get("filename*", ""))
    return extended or _unquoted(found.get("filename", ""))


def _extended(value: str) -> str:
    """RFC 8187: charset'language'percent-encoded."""
    charset, _, rest = value.strip('"').partition("'")
    encoded = rest.partition("'")[2]
    if charset.lower() not in {"utf-8", "iso-8859-1"}:
        return ""
    return unquote(encoded, encoding=charset, errors="replace")


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:-1])


def _decode(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
