"""Which certificates are trusted on the way to others' servers."""

import ssl

import httpx


class PublicTls:
    """The usual certificate authorities, loaded when the first https address is met."""

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None

    def __call__(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = httpx.create_ssl_context()
        return self._context
