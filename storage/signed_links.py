"""Links to objects in a folder: made where the API is, proven where the files are served."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from storage.interface import SignedUrl
from storage.keys import check_key, is_key
from zerokerf.errors import LinkExpired, LinkInvalid, UploadLinkExpired

_SHORTEST = timedelta(seconds=1)
_LONGEST = timedelta(days=7)  # what S3 allows, so that a change of backend changes nothing


@dataclass(frozen=True, slots=True)
class Link:
    """What a proven link allows. A GET link serves HEAD as well."""

    method: str
    key: str
    expires_at: datetime
    filename: str | None = None
    content_type: str | None = None
    max_size: int | None = None


def this_second() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def expiry(now: datetime, expires: timedelta) -> datetime:
    """The second at which a link made now ends."""
    if not _SHORTEST <= expires <= _LONGEST:
        raise ValueError("a link lives between one second and seven days")
    return (now + expires).replace(microsecond=0)


def sign(signing_key: bytes, link: Link) -> str:
    """The query of the link's URL."""
    check_key(link.key)
    query = _query(signing_key, link)
    return f"{query}&s={_mac(signing_key, link.key, query)}"


def verify(signing_keys: Sequence[bytes], method: str, key: str, query: str, now: datetime) -> Link:
    """What the link allows, if it was signed with one of the keys and nothing of it was changed.

    Raises LinkInvalid for every alteration, and only for an unaltered link LinkExpired.
    """
    fields = _fields(query)
    signing_key = next((each for each in signing_keys if _key_id(each) == fields.get("k")), None)
    if signing_key is None or not is_key(key):
        raise LinkInvalid
    signature = fields.pop("s", "")
    expected = _mac(signing_key, key, urlencode(sorted(fields.items())))
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise LinkInvalid
    link = _link(key, fields)
    if method != link.method and (method, link.method) != ("HEAD", "GET"):
        raise LinkInvalid
    if now >= link.expires_at:
        raise LinkExpired if link.method == "GET" else UploadLinkExpired
    return link


class LocalSigner:
    """Signs with one key. To change keys, let the verifier accept the old one until its last link is over."""

    def __init__(
        self, public_url: str, signing_key: bytes, now: Callable[[], datetime] = this_second
    ) -> None:
        self._public_url = public_url.rstrip("/")
        self._signing_key = signing_key
        self._now = now

    async def sign_get(
        self, key: str, expires: timedelta, *, filename: str, content_type: str | None = None
    ) -> SignedUrl:
        ends = expiry(self._now(), expires)
        return self._signed(Link("GET", key, ends, filename=filename, content_type=content_type))

    async def sign_put(self, key: str, expires: timedelta, *, content_type: str, max_size: int) -> SignedUrl:
        ends = expiry(self._now(), expires)
        return self._signed(Link("PUT", key, ends, content_type=content_type, max_size=max_size))

    def _signed(self, link: Link) -> SignedUrl:
        url = f"{self._public_url}/files/{link.key}?{sign(self._signing_key, link)}"
        headers = {"Content-Type": link.content_type} if link.method == "PUT" and link.content_type else {}
        return SignedUrl(url, link.method, headers, link.expires_at)


def _query(signing_key: bytes, link: Link) -> str:
    fields = {
        "e": int(link.expires_at.timestamp()),
        "k": _key_id(signing_key),
        "m": link.method,
        "n": link.filename,
        "t": link.content_type,
        "x": link.max_size,
    }
    return urlencode(sorted((name, value) for name, value in fields.items() if value is not None))


def _fields(query: str) -> dict[str, str]:
    try:
        query.encode()  # half a character can't have been signed
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=10)
    except ValueError:
        raise LinkInvalid from None
    if len({name for name, _ in pairs}) != len(pairs):  # two values for one name: which one was meant?
        raise LinkInvalid
    return dict(pairs)


def _link(key: str, fields: dict[str, str]) -> Link:
    """Only for fields whose MAC was right, so they are as we wrote them."""
    return Link(
        method=fields["m"],
        key=key,
        expires_at=datetime.fromtimestamp(int(fields["e"]), UTC),
        filename=fields.get("n"),
        content_type=fields.get("t"),
        max_size=int(fields["x"]) if "x" in fields else None,
    )


def _key_id(signing_key: bytes) -> str:
    """Says which key signed, without saying anything about the key."""
    return hashlib.sha256(b"zerokerf link key id\n" + signing_key).hexdigest()[:8]


def _mac(signing_key: bytes, key: str, query: str) -> str:
    message = f"zerokerf link 1\n{key}\n{query}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(signing_key, message, "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
