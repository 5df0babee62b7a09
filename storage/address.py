"""Reads the one URL that says where objects live. It holds no secret, so it may be logged."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from storage.keys import is_key
from storage.s3_client import Endpoint, S3Address
from zerokerf.errors import ConfigError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
_S3_SCHEMES = {"s3": True, "s3+http": False, "s3+https": True}


@dataclass(frozen=True, slots=True)
class MemoryAddress:
    pass


@dataclass(frozen=True, slots=True)
class FolderAddress:
    root: Path


Address = MemoryAddress | FolderAddress | S3Address


def parse_address(url: str) -> Address:
    """Raises ConfigError with a sentence that repeats no secret."""
    parts = _split(url)
    if parts.scheme == "memory":
        _require(not (parts.netloc or parts.path or parts.query), "memory:// takes nothing after it")
        return MemoryAddress()
    if parts.scheme == "file":
        return _folder(parts)
    if parts.scheme in _S3_SCHEMES:
        return _s3(parts)
    raise _wrong("it must begin with file://, s3://, s3+http://, s3+https:// or memory://")


def object_uri(address: Address, key: str) -> str:
    """Where an object lies, in the words of its store: what names it to people, and to other tools."""
    match address:
        case FolderAddress(root):
            return f"{root.as_uri()}/{key}"
        case S3Address():
            return f"s3://{address.bucket}/{address.prefix}{key}"
        case MemoryAddress():
            return f"memory:///{key}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _wrong("it is not a URL") from None
    _require("@" not in parts.netloc, "it must not hold credentials; give them as settings of their own")
    _require(not parts.fragment, "it must not have a '#'")
    return parts


def _folder(parts: SplitResult) -> FolderAddress:
    root = Path(unquote(parts.path))
    good = not parts.netloc and not parts.query and root.is_absolute() and ".." not in root.parts
    _require(good and "\0" not in str(root), "a folder is written file:///absolute/path")
    return FolderAddress(root)


def _s3(parts: SplitResult) -> S3Address:
    options = _options(parts.query)
    region = options.get("region", "")
    _require(bool(_REGION.fullmatch(region)), "S3 needs a region, such as ?region=us-east-1")
    secure = _S3_SCHEMES[parts.scheme]
    if parts.scheme == "s3":
        endpoint = Endpoint(f"s3.{region}.amazonaws.com", secure)
        bucket, path = parts.netloc, parts.path.lstrip("/")
    else:
        _require(parts.hostname is not None, "the address of the S3 server is missing")
        endpoint = Endpoint(parts.netloc, secure)
        bucket, _, path = parts.path.lstrip("/").partition("/")
    _require(bool(_BUCKET.fullmatch(bucket)), "the bucket's name is missing or is none")
    prefix = path.strip("/")
    _require(not prefix or is_key(prefix), "the prefix may hold letters, digits and . _ - / only")
    public = _public(options["public"]) if "public" in options else endpoint
    return S3Address(bucket, prefix and f"{prefix}/", region, endpoint, public)


def _options(query: str) -> dict[str, str]:
    found = parse_qs(query, keep_blank_values=True)
    known = found.keys() <= {"region", "public"} and all(len(values) == 1 for values in found.values())
    _require(known, "S3 takes the options region and public, each once")
    return {name: values[0] for name, values in found.items()}


def _public(url: str) -> Endpoint:
    """A path could not be signed, so the server must be at the root of a host of its own."""
    parts = _split(url)
    good = (
        parts.scheme in {"http", "https"} and parts.hostname and not parts.path.strip("/") and not parts.query
    )
    _require(bool(good), "public is written https://host or https://host:port, without a path")
    return Endpoint(parts.netloc, parts.scheme == "https")


def _require(good: bool, why: str) -> None:
    if not good:
        raise _wrong(why)


def _wrong(why: str) -> ConfigError:
    return ConfigError(f"The storage URL cannot be used: {why}.")
