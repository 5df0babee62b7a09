"""A web server on loopback for sources that jobs fetch: files as they are, and answers nobody should give."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Answer = Callable[[BaseHTTPRequestHandler], None]

_CHUNK_BYTES = 1 << 16
#: While a gate is closed this is how often a byte goes through, so that nobody takes it for a broken server.
_TRICKLE_S = 0.1
_LONGEST_S = 120.0


class Site:
    """Answers by path. Shared by tests: each takes a path of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.closed = threading.Event()
        self._answers: dict[str, Answer] = {}

    def add(self, path: str, answer: Answer) -> str:
        """The URL under which the answer is given from now on."""
        self._answers[path] = answer
        return self.url + path

    def add_file(self, file: Path) -> str:
        return self.add(f"/{file.parent.name}/{file.name}", whole(file.read_bytes()))

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0]
        with suppress(ConnectionError):  # a client that leaves is no news here
            self._answers.get(path, status(404))(request)


def whole(content: bytes) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        begin(request, 200, {"Content-Length": str(len(content))})
        request.wfile.write(content)

    return answer


def gated(content: bytes, gate: threading.Event) -> Answer:
    """Half of the content, then hardly anything until the gate opens."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        begin(request, 200, {"Content-Length": str(len(content))})
        position = len(content) // 2
        request.wfile.write(content[:position])
        while not gate.wait(_TRICKLE_S) and position < len(content) - 1:
            request.wfile.write(content[position : position + 1])
            position += 1
        request.wfile.write(content[position:])

    return answer


def noticing(answer: Answer, left: threading.Event) -> Answer:
    """The same, and whether the client left in the midst of it."""

    def noticed(request: BaseHTTPRequestHandler) -> None:
        try:
            answer(request)
        except ConnectionError:
            left.set()
            raise

    return noticed


def status(code: int) -> Answer:
    return lambda request: begin(request, code, {"Content-Length": "0"})


def redirect(target: str) -> Answer:
    return lambda request: begin(request, 302, {"Location": target, "Content-Length": "0"})


def endless(closed: threading.Event) -> Answer:
    """A radio station: no length, no end."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        begin(request, 200, {})
        while not closed.is_set():
            request.wfile.write(b"\0" * _CHUNK_BYTES)

    return answer


def lying(content: bytes, claimed_bytes: int) -> Answer:
    """Promises another length than it sends."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        begin(request, 200, {"Content-Length": str(claimed_bytes)})
        request.wfile.write(content)

    return answer


def hanging(closed: threading.Event) -> Answer:
    """Accepts the request and says nothing."""

    def answer(_: BaseHTTPRequestHandler) -> None:
        closed.wait(_LONGEST_S)

    return answer


def begin(request: BaseHTTPRequestHandler, code: int, headers: dict[str, str]) -> None:
    request.send_response(code)
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()


@contextmanager
def running_site(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """With TLS it is `localhost`, as certificates are for names."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.answer(self)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            site.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = "http://127.0.0.1"
    if tls is not None:
        host, server.socket = "https://localhost", tls.wrap_socket(server.socket, server_side=True)
    site = Site(f"{host}:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.closed.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
